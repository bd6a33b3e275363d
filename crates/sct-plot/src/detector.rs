//! The whole detector on one picture.

use std::{
    collections::{BTreeMap, BTreeSet},
    f64::consts::TAU,
};

use sct_id::{Layout, ModuleHash, ModulePosition, Region};

use crate::{
    colour::{Class, ColourAxis, NONE, Scale},
    number::short,
    svg::{Anchor, FAINT, INK, Svg, polygon, ring, sector},
};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 784;
/// Top of the drawn part of each region.
const END_CAP_A: f64 = 82.0;
const BARREL: f64 = 268.0;
const END_CAP_C: f64 = 582.0;
const LEGEND: f64 = 66.0;

/// A barrel panel: one layer cut open and laid flat.
const PANEL: (f64, f64) = (252.0, 240.0);
const PANEL_PITCH: f64 = 288.0;
const PANEL_LEFT: f64 = 48.0;
/// Space between negative and positive eta.
const CENTRE_GAP: f64 = 10.0;

const DISK_PITCH: f64 = 131.0;
const DISK_CENTRE: (f64, f64) = (76.0, 66.0);
/// Inner and outer radius of the rings from the outside in, pixels.
const RINGS: [(f64, f64); 3] = [(45.0, 62.0), (29.0, 44.0), (15.0, 28.0)];

/// Draws one value per module: barrel layers laid flat (eta along x, phi upwards), end-cap disks as rings seen along the
/// beam (phi counter-clockwise from the right). Where modules have no value, or one that is not finite, the ground is grey.
/// `legend` names the value and its unit. 1200 pixels wide; a browser shows position, hash and value under the mouse.
pub fn detector_map(
    title: &str,
    values: impl Fn(ModuleHash) -> Option<f64>,
    scale: Scale,
    legend: &str,
) -> String {
    let svg = Svg::new(WIDTH, HEIGHT + 24, title);
    draw(svg, values, scale, legend, |svg, module, value| {
        svg.shape(&outline(module.position()), &tip(module, value));
    })
}

/// The same for a page in which every module is a link to the address that `link` gives.
pub fn linked_detector_map(
    title: &str,
    values: impl Fn(ModuleHash) -> Option<f64>,
    scale: Scale,
    legend: &str,
    link: impl Fn(ModuleHash) -> String,
) -> String {
    let svg = Svg::with_links(WIDTH, HEIGHT + 24, title);
    draw(svg, values, scale, legend, |svg, module, value| {
        svg.linked_shape(&outline(module.position()), &tip(module, value), &link(module));
    })
}

fn draw(
    mut svg: Svg,
    values: impl Fn(ModuleHash) -> Option<f64>,
    scale: Scale,
    legend: &str,
    shape: impl Fn(&mut Svg, ModuleHash, f64),
) -> String {
    let values: Vec<Option<f64>> = ModuleHash::all().map(values).collect();
    let axis = ColourAxis::new(scale, values.iter().flatten().copied());
    labels(&mut svg);
    ground(&mut svg);
    let mut groups: BTreeMap<Class, Vec<(ModuleHash, f64)>> = BTreeMap::new();
    for (module, value) in ModuleHash::all().zip(values) {
        if let (class, Some(value)) = (axis.class(value), value)
            && class != Class::None
        {
            groups.entry(class).or_default().push((module, value));
        }
    }
    for (class, colour) in Class::all() {
        let Some(modules) = groups.get(&class) else { continue };
        svg.open(&colour);
        for &(module, value) in modules {
            shape(&mut svg, module, value);
        }
        svg.close();
    }
    axis.draw(&mut svg, PANEL_LEFT, f64::from(HEIGHT) - LEGEND + 38.0, legend);
    svg.finish()
}

fn tip(module: ModuleHash, value: f64) -> String {
    let position = module.position();
    let layer = if position.region().is_barrel() { "layer" } else { "disk" };
    let (number, phi, eta) = (position.layer_disk(), position.phi(), position.eta());
    let (region, value) = (position.region(), short(value));
    format!("{region} {layer} {number} phi {phi} eta {eta}, module {module}: {value}")
}

/// Left edge and width of a barrel module within its panel.
fn column(layer: usize, eta: i8) -> (f64, f64) {
    let half = f64::from(Layout::SCT.barrel[layer].eta_modules);
    let width = (PANEL.0 - CENTRE_GAP) / (2.0 * half);
    let (place, gap) = if eta < 0 {
        (f64::from(eta) + half, 0.0)
    } else {
        (f64::from(eta) - 1.0 + half, CENTRE_GAP)
    };
    (place * width + gap, width)
}

/// Centre of a disk.
fn centre(region: Region, disk: usize) -> (f64, f64) {
    let top = if region == Region::EndCapA { END_CAP_A } else { END_CAP_C };
    (DISK_CENTRE.0 + DISK_PITCH * disk as f64, top + DISK_CENTRE.1)
}

/// Grey columns and rings, on which the modules are drawn.
fn ground(svg: &mut Svg) {
    let mut shapes: BTreeSet<String> = BTreeSet::new();
    for position in ModuleHash::all().map(ModuleHash::position) {
        let (layer, eta) = (position.layer_disk(), position.eta());
        shapes.insert(if position.region().is_barrel() {
            let (left, width) = column(layer, eta);
            let left = PANEL_LEFT + PANEL_PITCH * layer as f64 + left;
            rectangle(left, BARREL, width, PANEL.1)
        } else {
            ring(centre(position.region(), layer), radii(eta))
        });
    }
    let shapes: String = shapes.into_iter().collect();
    svg.open(NONE);
    svg.add(format_args!("<path d=\"{shapes}\"/>\n"));
    svg.close();
}

fn radii(eta: i8) -> (f64, f64) {
    RINGS[usize::from(eta.unsigned_abs()).min(RINGS.len() - 1)]
}

fn rectangle(left: f64, top: f64, width: f64, height: f64) -> String {
    let (right, bottom) = (left + width, top + height);
    polygon(&[(left, top), (right, top), (right, bottom), (left, bottom)])
}

fn outline(module: ModulePosition) -> String {
    let (layer, phi, eta) = (module.layer_disk(), module.phi() as f64, module.eta());
    let modules = module.phi_modules() as f64;
    if module.region().is_barrel() {
        let (left, width) = column(layer, eta);
        let height = PANEL.1 / modules;
        let left = PANEL_LEFT + PANEL_PITCH * layer as f64 + left;
        return rectangle(left, BARREL + PANEL.1 - (phi + 1.0) * height, width, height);
    }
    let pitch = TAU / modules;
    sector(centre(module.region(), layer), radii(eta), ((phi - 0.5) * pitch, (phi + 0.5) * pitch))
}

fn labels(svg: &mut Svg) {
    for (region, top) in
        [(Region::EndCapA, END_CAP_A), (Region::Barrel, BARREL), (Region::EndCapC, END_CAP_C)]
    {
        let word = if region.is_barrel() { "layer" } else { "disk" };
        let name = match region {
            Region::EndCapA => "End-cap A",
            Region::Barrel => "Barrel",
            Region::EndCapC => "End-cap C",
        };
        svg.label(24.0, top - 22.0, 15, Anchor::Start, INK, name);
        for number in 0..region.layers() {
            let x = if region.is_barrel() {
                PANEL_LEFT + PANEL_PITCH * number as f64 + PANEL.0 / 2.0
            } else {
                DISK_CENTRE.0 + DISK_PITCH * number as f64
            };
            svg.label(x, top - 6.0, 13, Anchor::Middle, FAINT, &format!("{word} {number}"));
        }
    }
    for (layer, shape) in Layout::SCT.barrel.iter().enumerate() {
        let left = PANEL_LEFT + PANEL_PITCH * layer as f64;
        let reach = i8::try_from(shape.eta_modules).unwrap_or(0);
        for eta in [-reach, -1, 1, reach] {
            let (x, width) = column(layer, eta);
            let text = eta.to_string().replace('-', "−");
            svg.label(
                left + x + width / 2.0,
                BARREL + PANEL.1 + 14.0,
                12,
                Anchor::Middle,
                FAINT,
                &text,
            );
        }
        let row = PANEL.1 / f64::from(shape.phi_modules);
        let last = (shape.phi_modules - 1).to_string();
        svg.label(left - 4.0, BARREL + row / 2.0 + 6.0, 12, Anchor::End, FAINT, &last);
        svg.label(left - 4.0, BARREL + PANEL.1 - row / 2.0 + 4.0, 12, Anchor::End, FAINT, "0");
        svg.upward_label(left - 8.0, BARREL + PANEL.1 / 2.0, 12, "phi");
        svg.label(
            left + PANEL.0 / 2.0 + 42.0,
            BARREL + PANEL.1 + 14.0,
            12,
            Anchor::Middle,
            FAINT,
            "eta",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(scale: Scale) -> String {
        detector_map("Test", |module| Some((module.index() as f64).powi(3) * 1e-9), scale, "value")
    }

    #[test]
    fn every_module_is_drawn_once_on_the_ground() {
        let svg = numbered(Scale::Log);
        assert_eq!(svg.matches("<path ").count(), 1 + ModuleHash::COUNT);
        for module in [0, 988, 3100, 4087] {
            assert_eq!(svg.matches(&format!(", module {module}: ")).count(), 1, "module {module}");
        }
    }

    #[test]
    fn the_picture_is_small() {
        for scale in [Scale::Linear, Scale::Log] {
            assert!(numbered(scale).len() < 600_000);
        }
        let few = |module: ModuleHash| module.index().is_multiple_of(100).then_some(1.0);
        assert!(detector_map("Few", few, Scale::Log, "value").len() < 30_000);
    }

    #[test]
    fn modules_without_a_value_are_grey() {
        let svg = detector_map("Nothing", |_| None, Scale::Linear, "value");
        assert!(svg.contains(NONE) && svg.contains("no value above zero"));
        assert_eq!(svg.matches("<path ").count(), 1);
        let odd = detector_map("Odd", |_| Some(f64::NAN), Scale::Log, "value");
        assert_eq!(odd.matches("<path ").count(), 1);
        // 48 columns of the barrel and 44 rings of the end-caps.
        let ground = svg.lines().find(|line| line.starts_with("<path ")).unwrap();
        assert_eq!(ground.matches('M').count(), 48 + 2 * 44);
    }

    #[test]
    fn modules_are_links_where_a_page_wants_them() {
        let value = |module: ModuleHash| (module.index() < 3).then_some(1.0);
        let link = |module: ModuleHash| format!("/modules/{module}?a=1&b=\"");
        let svg = linked_detector_map("Linked", value, Scale::Linear, "value", link);
        assert_eq!(svg.matches("<a href=\"/modules/").count(), 3);
        assert!(svg.contains("<a href=\"/modules/2?a=1&amp;b=&quot;\" tabindex=\"-1\"><path "));
        assert!(svg.contains("role=\"group\"") && !svg.contains("role=\"img\""));
        let plain = detector_map("Linked", value, Scale::Linear, "value");
        assert!(plain.contains("role=\"img\"") && !plain.contains("<a "));
    }

    #[test]
    fn a_page_that_allows_no_styles_shows_everything() {
        let svg = linked_detector_map("T", |_| Some(1.0), Scale::Linear, "v", |_| String::new());
        assert!(!svg.contains("style=") && !svg.contains("<style") && !svg.contains("<script"));
    }

    #[test]
    fn titles_are_escaped() {
        let svg = detector_map("a < b & c", |_| Some(1.0), Scale::Linear, "<x>");
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("&lt;x&gt;"));
    }
}
