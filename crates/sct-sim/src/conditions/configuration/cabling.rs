//! The cabling as objects of its four folders.

use std::collections::BTreeMap;

use sct_cabling::cool::{GeogRow, MurRow, RodMurRow, RodRow, Rows};
use sct_conditions::{
    ChannelId, ConfigurationFolder, GEOG_FOLDERS, MUR_FOLDERS, ROD_FOLDERS, ROD_MUR_FOLDERS, Value,
    VectorRow, cabling_row, mur_row,
};
use sct_id::Iov;

/// The folders and what they hold. Channels are made up: crates for RODs, units for all else.
pub(super) fn vectors(rows: &Rows, iov: Iov) -> [(ConfigurationFolder, Vec<VectorRow>); 4] {
    let rod = |&RodRow { rob, crate_number, slot }: &RodRow| {
        (crate_number, cabling_row([rob, crate_number, slot]))
    };
    let unit = |&RodMurRow { mur, crate_number, slot, position }: &RodMurRow| {
        (mur, cabling_row([mur, crate_number, slot, position]))
    };
    let module = |&MurRow { mur, module, module_id, rx0_fibre, rx1_fibre }: &MurRow| {
        (mur, mur_row(mur, module, module_id, [rx0_fibre, rx1_fibre]))
    };
    let harness = |&GeogRow { mur, position }: &GeogRow| (mur, cabling_row([mur, position]));
    [
        (ROD_FOLDERS[0], by_channel(rows.rods.iter().map(rod), iov)),
        (ROD_MUR_FOLDERS[0], by_channel(rows.rod_murs.iter().map(unit), iov)),
        (MUR_FOLDERS[0], by_channel(rows.murs.iter().map(module), iov)),
        (GEOG_FOLDERS[0], by_channel(rows.geography.iter().map(harness), iov)),
    ]
}

fn by_channel(items: impl Iterator<Item = (i64, Vec<Value>)>, iov: Iov) -> Vec<VectorRow> {
    let mut channels: BTreeMap<u32, Vec<Vec<Value>>> = BTreeMap::new();
    for (channel, item) in items {
        let channel = u32::try_from(channel).expect("crates and units have five digits at most");
        channels.entry(channel).or_default().push(item);
    }
    let row = |(channel, items)| VectorRow { channel: ChannelId(channel), iov, items };
    channels.into_iter().map(row).collect()
}
