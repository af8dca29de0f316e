mod hostile;
mod names;
mod paths;
mod render;
mod sockets;
mod view;
