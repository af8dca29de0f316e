//! How many bytes of texts the machine keeps: those of threads, of descriptors, and of users.
//!
//! Whatever is new counts; what goes away does not, until a budget is used up: then all that is left
//! is counted again, where what several share counts once. That happens at most once for each quarter
//! of the budget that is asked for, so that counting again costs next to nothing for each text.

use super::Machine;
use super::image::Words;
use super::record::Record;
use super::table::Slot;
use crate::descriptor::Descriptor;
use crate::snapshot::{GroupEntry, UserEntry};
use crate::stats::Stats;
use crate::thread::Thread;
use saker_process_state::{ContainerRef, Image, Placement, StringVector};
use std::collections::HashSet;
use std::sync::Arc;

/// Longest name of a thread and id of a container that stay whatever the budget, bytes.
const SHORT_BYTES: usize = 15;
const ID_BYTES: usize = 64;

/// Bytes of texts that may be kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    /// At least what is kept.
    used: usize,
    /// What was asked for since all was counted.
    asked: usize,
}

impl Budget {
    /// Takes bytes of the budget, if so many are left; `count` counts what is kept.
    pub(super) fn take(
        &mut self,
        bytes: usize,
        limit: usize,
        count: impl FnOnce() -> usize,
    ) -> bool {
        self.asked = self.asked.saturating_add(bytes);
        let has_room = |used: usize| used.saturating_add(bytes) <= limit;
        if !has_room(self.used) && self.asked >= limit / 4 {
            self.used = count();
            self.asked = 0;
        }
        let is_taken = has_room(self.used);
        if is_taken {
            self.used = self.used.saturating_add(bytes);
        }
        is_taken
    }
}

/// The budgets of a machine.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    threads: Budget,
    descriptors: Budget,
    users: Budget,
}

/// The texts that a thread has, to tell which are new.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    pub(super) image: Arc<Image>,
    name: Arc<[u8]>,
    cgroups: Arc<[u8]>,
    root: Arc<[u8]>,
    container: Option<Arc<ContainerRef>>,
}

impl Texts {
    pub(super) fn of(thread: &Thread) -> Self {
        Self {
            image: Arc::clone(&thread.process.image),
            name: Arc::clone(&thread.name),
            cgroups: Arc::clone(&thread.cgroups),
            root: Arc::clone(&thread.root),
            container: container(thread).cloned(),
        }
    }

    /// Every text with its bytes, by where it lies.
    fn parts(&self) -> impl Iterator<Item = (*const u8, usize)> {
        let container = self.container.as_ref();
        let container = container.map(|container| {
            let id = container.id.full().len().saturating_mul(2);
            let bytes = container.cgroup_path.len().saturating_add(id);
            (Arc::as_ptr(container).cast(), bytes)
        });
        let image = (Arc::as_ptr(&self.image).cast(), image_bytes(&self.image));
        [
            image,
            part(&self.name),
            part(&self.cgroups),
            part(&self.root),
        ]
        .into_iter()
        .chain(container)
    }

    /// Bytes that others do not have.
    fn bytes_besides(&self, others: Option<&Self>) -> usize {
        let is_new = |place: *const u8| {
            let mut others = others.into_iter().flat_map(Self::parts);
            !others.any(|(other, _)| other == place)
        };
        self.parts()
            .filter(|(place, _)| is_new(*place))
            .fold(0, |sum, (_, bytes)| sum.saturating_add(bytes))
    }
}

fn part(text: &Arc<[u8]>) -> (*const u8, usize) {
    (Arc::as_ptr(text).cast(), text.len())
}

fn container(thread: &Thread) -> Option<&Arc<ContainerRef>> {
    match &thread.process.placement {
        Placement::Container(container) => Some(container),
        Placement::Unknown | Placement::Host => None,
    }
}

fn image_bytes(image: &Image) -> usize {
    let vectors = [&image.arguments, &image.environment];
    let vectors = vectors
        .into_iter()
        .flatten()
        .map(|vector| vector.bytes.len());
    let path = image.exe_path.iter().map(|path| path.len());
    vectors.chain(path).fold(0, usize::saturating_add)
}

impl Machine {
    /// Takes bytes of the budget of threads; `false` where that is used up.
    pub(super) fn take_text(&mut self, bytes: usize) -> bool {
        let records = &self.threads.records;
        let limit = self.limits.thread_text_bytes;
        let count = || thread_bytes(records.values());
        let is_taken = self.budgets.threads.take(bytes, limit, count);
        if !is_taken {
            leave_out(&mut self.stats);
        }
        is_taken
    }

    /// Cuts the texts of a thread that is not in the table yet, and leaves out those that are too much.
    pub(super) fn bound_texts(&mut self, thread: &mut Thread, others: Option<&Texts>) {
        cut_texts(thread, self.limits.text_bytes, &mut self.stats);
        let bytes = Texts::of(thread).bytes_besides(others);
        if bytes > 0 && !self.take_text(bytes) {
            leave_out_texts(thread, others);
        }
    }

    /// As [`Self::bound_texts`], for a thread of the table that had `before`.
    pub(super) fn bound_new_texts(&mut self, tid: i64, before: &Texts) {
        let Some(record) = self.threads.records.get_mut(&tid) else {
            return;
        };
        if longest(&record.thread) > self.limits.text_bytes {
            cut_texts(record.thread_mut(), self.limits.text_bytes, &mut self.stats);
        }
        let bytes = Texts::of(&record.thread).bytes_besides(Some(before));
        if bytes > 0
            && !self.take_text(bytes)
            && let Some(record) = self.threads.records.get_mut(&tid)
        {
            leave_out_texts(record.thread_mut(), Some(before));
        }
    }

    /// A working directory, empty where that is too much.
    pub(super) fn bound_directory(&mut self, mut directory: Vec<u8>) -> Arc<[u8]> {
        if cut_vec(&mut directory, self.limits.text_bytes) {
            count_cut(&mut self.stats);
        }
        if self.take_text(directory.len()) {
            directory.into()
        } else {
            Arc::default()
        }
    }

    /// Cuts the names of a descriptor, and leaves them out where they are too much.
    pub(super) fn bound_names(&mut self, slot: &mut Slot) {
        let limit = self.limits.text_bytes;
        let descriptor = &slot.descriptor;
        let longest = descriptor.name.len().max(descriptor.name_raw.len());
        if longest > limit {
            let descriptor = Arc::make_mut(&mut slot.descriptor);
            cut_box(&mut descriptor.name, limit, &mut self.stats);
            cut_box(&mut descriptor.name_raw, limit, &mut self.stats);
        }
        let bytes = name_bytes(&slot.descriptor);
        if bytes == 0 {
            return;
        }
        let records = &self.threads.records;
        let limit = self.limits.descriptor_text_bytes;
        let count = || descriptor_bytes(records.values());
        if !self.budgets.descriptors.take(bytes, limit, count) {
            leave_out(&mut self.stats);
            let descriptor = Arc::make_mut(&mut slot.descriptor);
            descriptor.name = Box::default();
            descriptor.name_raw = Box::default();
        }
    }

    /// Cuts a text of a user or a group.
    pub(super) fn cut(&mut self, text: &mut Box<[u8]>, length: usize) {
        cut_box(text, length.min(self.limits.text_bytes), &mut self.stats);
    }

    /// Takes bytes of the budget of users and groups; `false` where that is used up.
    pub(super) fn take_user_text(&mut self, bytes: usize) -> bool {
        let (users, groups) = (&self.users, &self.groups);
        let count = || {
            let users = users.values().map(user_bytes);
            let groups = groups.values().map(group_bytes);
            users.chain(groups).fold(0, usize::saturating_add)
        };
        let limit = self.limits.user_text_bytes;
        let is_taken = self.budgets.users.take(bytes, limit, count);
        if !is_taken {
            leave_out(&mut self.stats);
        }
        is_taken
    }
}

/// Bytes of the texts of all threads; what is shared counts once.
pub(super) fn thread_bytes<'r>(records: impl Iterator<Item = &'r Record>) -> usize {
    let mut seen = HashSet::new();
    let mut sum = 0_usize;
    for record in records {
        let texts = Texts::of(&record.thread);
        let directories = [Some(&record.cwd), record.thread.process.cwd.as_ref()];
        let directories = directories.into_iter().flatten().map(part);
        for (place, bytes) in texts.parts().chain(directories) {
            if bytes > 0 && seen.insert(place) {
                sum = sum.saturating_add(bytes);
            }
        }
    }
    sum
}

/// Bytes of the names of all descriptors; those that are shared count once.
pub(super) fn descriptor_bytes<'r>(records: impl Iterator<Item = &'r Record>) -> usize {
    let mut seen = HashSet::new();
    let descriptors = records.flat_map(|record| record.descriptors.iter());
    descriptors
        .filter(|descriptor| seen.insert(Arc::as_ptr(descriptor)))
        .fold(0, |sum, descriptor| {
            sum.saturating_add(name_bytes(descriptor))
        })
}

fn name_bytes(descriptor: &Descriptor) -> usize {
    let raw = descriptor.name_raw.len();
    descriptor.name.len().saturating_add(raw)
}

pub(super) fn user_bytes(user: &UserEntry) -> usize {
    let paths = user.home.len().saturating_add(user.shell.len());
    user.name.len().saturating_add(paths)
}

pub(super) fn group_bytes(group: &GroupEntry) -> usize {
    group.name.len()
}

/// Bytes of the longest text of a thread.
fn longest(thread: &Thread) -> usize {
    let image = &thread.process.image;
    let vectors = [&image.arguments, &image.environment];
    let vectors = vectors
        .into_iter()
        .flatten()
        .map(|vector| vector.bytes.len());
    let path = image.exe_path.iter().map(|path| path.len());
    let others = [&thread.name, &thread.cgroups, &thread.root];
    let others = others.into_iter().map(|text| text.len());
    vectors.chain(path).chain(others).max().unwrap_or_default()
}

fn cut_texts(thread: &mut Thread, limit: usize, stats: &mut Stats) {
    if longest(thread) <= limit {
        return;
    }
    if image_bytes(&thread.process.image) > limit {
        let image = Arc::make_mut(&mut thread.process.image);
        for vector in [&mut image.arguments, &mut image.environment] {
            if let Some(vector) = vector
                && cut_box(&mut vector.bytes, limit, stats)
            {
                vector.is_truncated = true;
            }
        }
        if let Some(path) = &mut image.exe_path {
            cut_box(path, limit, stats);
        }
    }
    for text in [&mut thread.name, &mut thread.cgroups, &mut thread.root] {
        if let Some(begin) = text.get(..limit).filter(|begin| begin.len() < text.len()) {
            *text = begin.into();
            count_cut(stats);
        }
    }
}

/// Leaves out the texts of a thread that others do not have.
fn leave_out_texts(thread: &mut Thread, others: Option<&Texts>) {
    let is_new = |text: &Arc<[u8]>, other: fn(&Texts) -> &Arc<[u8]>| {
        others.is_none_or(|others| !Arc::ptr_eq(text, other(others)))
    };
    if others.is_none_or(|others| !Arc::ptr_eq(&thread.process.image, &others.image)) {
        let words = Words {
            exe: b"",
            arguments: b"",
        };
        let image = Arc::make_mut(&mut thread.process.image);
        image.exe_path = Some(Box::default());
        image.environment = None;
        image.arguments = Some(StringVector {
            is_truncated: true,
            ..words.vector()
        });
    }
    if is_new(&thread.cgroups, |others| &others.cgroups) {
        thread.cgroups = Arc::default();
    }
    if is_new(&thread.root, |others| &others.root) {
        thread.root = Arc::default();
    }
    if is_new(&thread.name, |others| &others.name)
        && let Some(begin) = thread.name.get(..SHORT_BYTES)
    {
        thread.name = begin.into();
    }
    let is_known = |container: &Arc<ContainerRef>| {
        let other = others.and_then(|others| others.container.as_ref());
        other.is_some_and(|other| Arc::ptr_eq(container, other))
    };
    if let Some(container) = container(thread)
        .filter(|container| !is_known(container))
        .cloned()
    {
        leave_out_container(thread, &container);
    }
}

/// The path of a container's cgroup goes, and the container itself if its id is no usual one.
fn leave_out_container(thread: &mut Thread, container: &ContainerRef) {
    let is_short = |id: &str| id.len() <= ID_BYTES;
    if !is_short(container.id.full()) || !thread.container.as_deref().is_none_or(is_short) {
        thread.container = None;
        thread.process.placement = Placement::Unknown;
        return;
    }
    thread.process.placement = Placement::Container(Arc::new(ContainerRef {
        id: container.id.clone(),
        runtime: container.runtime,
        pod_uid: None,
        cgroup_path: Box::default(),
    }));
}

fn cut_box(text: &mut Box<[u8]>, limit: usize, stats: &mut Stats) -> bool {
    let Some(begin) = text.get(..limit).filter(|begin| begin.len() < text.len()) else {
        return false;
    };
    *text = begin.into();
    count_cut(stats);
    true
}

fn cut_vec(text: &mut Vec<u8>, limit: usize) -> bool {
    let is_long = text.len() > limit;
    text.truncate(limit);
    is_long
}

fn count_cut(stats: &mut Stats) {
    stats.texts_cut = stats.texts_cut.saturating_add(1);
}

fn leave_out(stats: &mut Stats) {
    stats.texts_left_out = stats.texts_left_out.saturating_add(1);
}
