//! Taking the debug information out of BPF objects.
//!
//! The linker makes BTF, line numbers included, from the debug information; after that nobody
//! reads it, and it is nine tenths of the object that the agent embeds.

use anyhow::{Context, Result};
use object::build::elf::{Builder, SectionData};
use object::elf::SHT_STRTAB;

/// The object without its `.debug_*` sections and what refers to them.
pub(crate) fn without_debug_information(object: &[u8]) -> Result<Vec<u8>> {
    let mut builder = Builder::read(object).context("the linker's output is not an ELF object")?;
    for section in &mut builder.sections {
        let name = section.name.to_string();
        let described = name
            .strip_prefix(".rela")
            .or_else(|| name.strip_prefix(".rel"))
            .unwrap_or(&name);
        if described.starts_with(".debug_") {
            section.delete = true;
        }
    }
    builder.delete_orphans();
    // LLVM writes one string table for symbols and sections; the builder wants one for each.
    let has_section_names = builder
        .sections
        .iter()
        .any(|section| matches!(section.data, SectionData::SectionString));
    if !has_section_names {
        let names = builder.sections.add();
        names.name = ".shstrtab".into();
        names.sh_type = SHT_STRTAB;
        names.sh_addralign = 1;
        names.data = SectionData::SectionString;
    }
    let mut stripped = Vec::new();
    builder
        .write(&mut stripped)
        .context("cannot write the object without debug information")?;
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use object::Endianness;
    use object::elf::{EM_BPF, ET_REL, SHT_PROGBITS};

    use super::*;

    fn add_section(builder: &mut Builder<'_>, name: &'static str, data: SectionData<'static>) {
        let section = builder.sections.add();
        section.name = name.into();
        section.sh_type = match data {
            SectionData::SectionString => SHT_STRTAB,
            _ => SHT_PROGBITS,
        };
        section.sh_addralign = 1;
        section.data = data;
    }

    #[test]
    fn only_the_debug_sections_go() {
        let mut builder = Builder::new(Endianness::Little, true);
        builder.header.e_type = ET_REL;
        builder.header.e_machine = EM_BPF;
        for name in [".text", ".debug_info", ".BTF", ".debug_line"] {
            let bytes = name.as_bytes().to_vec().into();
            add_section(&mut builder, name, SectionData::Data(bytes));
        }
        add_section(&mut builder, ".shstrtab", SectionData::SectionString);
        let mut object = Vec::new();
        builder.write(&mut object).unwrap();

        let stripped = without_debug_information(&object).unwrap();
        let names: Vec<String> = Builder::read(stripped.as_slice())
            .unwrap()
            .sections
            .iter()
            .map(|section| section.name.to_string())
            .collect();
        assert_eq!(names, [".text", ".BTF", ".shstrtab"]);
    }
}
