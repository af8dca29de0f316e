mod cut;
mod damage;
mod forms;
mod sample;
mod seek;
mod tables;
