mod captures;
mod damage;
mod forms;
mod repetition;
mod sample;
mod seeds;
