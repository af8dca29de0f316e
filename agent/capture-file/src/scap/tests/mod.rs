mod captures;
mod damage;
mod forms;
mod sample;
mod seeds;
