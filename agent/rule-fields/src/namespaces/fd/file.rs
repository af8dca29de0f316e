//! `fd.*` of files.

use super::is_open;
use crate::captured::descriptor as captured;
use crate::context::EventContext;
use crate::descriptor::{Descriptor, DescriptorKind};
use crate::paths::{descriptor_path, directory, file_name};
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_event_decode::render::user_device_number;
use saker_event_schema::data_flag;
use saker_rule_language::FieldType;

/// Where the minor number ends in the kernel's own encoding.
const MINOR_BITS: u32 = 20;
/// The bits of the minor number.
const MINOR_MASK: u64 = 0xf_ffff;

pub(super) static ROWS: &[FieldRow] = &[
    FieldRow::filled(
        "fd.directory",
        FieldType::String,
        "Directory of `fd.name` for a file, `fd.name` itself for a directory; also of a failed open.",
        |context, _| FieldValue::of(directory_of(context), FieldValue::text),
    )
    .captured(captured::directory),
    FieldRow::filled(
        "fd.filename",
        FieldType::String,
        "Last component of `fd.name` for a file; missing for directories and failed opens.",
        |context, _| FieldValue::of(file_name_of(context), FieldValue::text),
    )
    .captured(captured::file_name),
    FieldRow::filled(
        "fd.resolved",
        FieldType::String,
        "Path that the kernel resolved, as the process's own root sees it, in both path views. \
         Saker's own.",
        |context, _| {
            FieldValue::of(
                context.descriptor().and_then(|fd| fd.resolved()),
                FieldValue::text,
            )
        },
    ),
    FieldRow::filled(
        "fd.hostpath",
        FieldType::String,
        "Path that the kernel resolved, as the host sees it, in both path views: for a container, what \
         lies between the host's root and the container's stands before it. Saker's own.",
        |context, _| {
            let path = context.descriptor().and_then(|fd| {
                let make = |out: &mut Vec<u8>| fd.host_path(out);
                context.texts().host_path.get_or_make(make)
            });
            FieldValue::of(path, FieldValue::text)
        },
    ),
    FieldRow::filled(
        "fd.dev",
        FieldType::Int,
        "Device that holds the file, as `stat` numbers it; 0 when not known.",
        |context, _| device(context, user_device_number),
    )
    .captured(|context, _| captured::device(context, |device| device)),
    FieldRow::filled(
        "fd.dev.major",
        FieldType::Int,
        "Major number of the device that holds the file.",
        |context, _| device(context, |number| number >> MINOR_BITS),
    )
    .captured(|context, _| captured::device(context, captured::major)),
    FieldRow::filled(
        "fd.dev.minor",
        FieldType::Int,
        "Minor number of the device that holds the file.",
        |context, _| device(context, |number| number & MINOR_MASK),
    )
    .captured(|context, _| captured::device(context, captured::minor)),
    FieldRow::filled(
        "fd.ino",
        FieldType::Int,
        "Inode number of the file.",
        |context, _| {
            let inode = context.descriptor().and_then(|fd| fd.inode());
            FieldValue::of(inode, |inode| FieldValue::Int(inode.cast_signed()))
        },
    )
    .captured(captured::inode)
    .in_captures("0 when not known"),
    FieldRow::filled(
        "fd.is_upper_layer",
        FieldType::Bool,
        "Whether the file lies in the upper, writable layer of an overlay file system.",
        |context, _| layer(context, data_flag::UPPER_LAYER),
    )
    .captured(captured::is_upper),
    FieldRow::filled(
        "fd.is_lower_layer",
        FieldType::Bool,
        "Whether the file lies in a lower layer of an overlay file system, such as an image.",
        |context, _| layer(context, data_flag::LOWER_LAYER),
    )
    .captured(captured::is_lower),
];

/// The value of `fd.directory`.
pub(super) fn directory_of<'c>(context: &'c EventContext<'_>) -> Option<&'c [u8]> {
    let descriptor = context.descriptor()?;
    let kind = context
        .descriptor_kind()
        .unwrap_or_else(|| descriptor.intended_kind());
    let path = || descriptor_path(context, &descriptor);
    match kind {
        DescriptorKind::Directory => path(),
        DescriptorKind::File => path().map(directory),
        _ => None,
    }
}

fn file_name_of<'c>(context: &'c EventContext<'_>) -> Option<&'c [u8]> {
    let descriptor: Descriptor<'c> = context.descriptor()?;
    if context.descriptor_kind()? != DescriptorKind::File {
        return None;
    }
    descriptor_path(context, &descriptor).map(file_name)
}

fn device<'c>(context: &EventContext<'_>, part: fn(u64) -> u64) -> FieldValue<'c> {
    let device = context.descriptor().and_then(|fd| fd.device());
    FieldValue::of(device, |number| FieldValue::Int(part(number).cast_signed()))
}

fn layer<'c>(context: &EventContext<'_>, layer: u16) -> FieldValue<'c> {
    let descriptor = context.descriptor().filter(is_open);
    FieldValue::of(
        descriptor.and_then(|fd| fd.is_in_layer(layer)),
        FieldValue::Bool,
    )
}
