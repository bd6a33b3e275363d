//! From a view to a histogram of its own.

use super::{ContentsView, View};
use crate::{Contents, Histogram, LineStyle, Profile, bytes::Fault, bytes::text};

impl View<'_> {
    /// Copies everything out.
    pub(crate) fn to_histogram(&self) -> Result<Histogram, Fault> {
        let trimmings = &self.trimmings;
        let contents = match self.contents {
            ContentsView::I32(values) => Contents::I32(values.to_vec()),
            ContentsView::F32(values) => Contents::F32(values.to_vec()),
            ContentsView::F64(values) => Contents::F64(values.to_vec()),
        };
        let profile = self.profile.map(|profile| Profile {
            bin_entries: profile.bin_entries.to_vec(),
            error_mode: profile.error_mode,
            low: profile.limits.0,
            high: profile.limits.1,
            sum_value: profile.sum_value,
            sum_value2: profile.sum_value2,
            bin_sumw2: profile.bin_sumw2.to_vec(),
        });
        let [x, y, z] = &self.axes;
        Ok(Histogram {
            class: self.class,
            name: self.name().into_owned(),
            title: self.title().into_owned(),
            x: x.to_axis()?,
            y: y.to_axis()?,
            z: z.to_axis()?,
            entries: self.entries,
            stats: self.stats,
            contents,
            sumw2: self.sumw2.to_vec(),
            profile,
            scale_factor: trimmings.scale_factor,
            maximum_minimum: trimmings.maximum_minimum,
            norm_factor: trimmings.norm_factor,
            contour: trimmings.contour.to_vec(),
            option: text(trimmings.option).into_owned(),
            bar: trimmings.bar,
            bin_error_option: trimmings.bin_error_option,
            statistics_overflow: trimmings.statistics_overflow,
            style: LineStyle { numbers: trimmings.numbers, marker_size: trimmings.marker_size },
        })
    }
}
