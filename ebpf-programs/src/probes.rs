//! The hooks, one a file.

mod cgroup_attach_task;
mod cgroup_mkdir;
mod cgroup_rmdir;
mod sched_process_exec;
mod sched_process_exit;
mod sched_process_fork;
mod sys_exit;
mod trial;
