// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/statuspalette.h"

#include <QHash>

#include <cmath>

namespace sluice::ui {
namespace {

QColor rgb(quint32 value)
{
    return QColor::fromRgb(QRgb(0xff000000U | value));
}

// Solid, word, fill, chip for Normal, Near, Refused, Shadow, Idle; 0 means "not own, computed".
constexpr quint32 LightStates[5][4] = {
    {0x0072B2, 0x0067A3, 0xC6DFF0, 0xDEEDF5},
    {0xB36B00, 0x8A5200, 0xFAE1B2, 0xF5ECDE},
    {0xC0392B, 0xB03024, 0xF6CECA, 0xF7E5E3},
    {0x8E5BA6, 0x7F4C98, 0xE7DBEE, 0},
    {0x6B7278, 0, 0xDDE0E3, 0xECEDED},
};
constexpr quint32 DarkStates[5][4] = {
    {0x56B4E9, 0x6CBFEE, 0x284A5E, 0x273C48},
    {0xE69F00, 0xEFB23A, 0x574312, 0x44381A},
    {0xFF7B6B, 0xFF8E80, 0x5F3330, 0x49312F},
    {0xC9A0DC, 0xD2AEE2, 0x483E54, 0},
    {0x9AA0A6, 0, 0x3D4246, 0x34383B},
};

double luminance(const QColor &colour)
{
    const auto linear = [](double value) {
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

bool isOwn(const QPalette &palette, bool dark)
{
    return palette.color(QPalette::Active, QPalette::Base) == rgb(dark ? 0x1B1E20 : 0xFFFFFF)
        && palette.color(QPalette::Active, QPalette::Text) == rgb(dark ? 0xE3E6E9 : 0x1C2126);
}

} // namespace

QColor StatusPalette::mix(const QColor &ground, const QColor &over, double share)
{
    const auto part = [share](int a, int b) { return int(std::lround(a + (b - a) * share)); };
    return QColor(part(ground.red(), over.red()), part(ground.green(), over.green()),
        part(ground.blue(), over.blue()));
}

double StatusPalette::contrast(const QColor &a, const QColor &b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

StatusPalette StatusPalette::of(const QPalette &palette)
{
    static QHash<qint64, StatusPalette> cache;
    const auto found = cache.constFind(palette.cacheKey());
    if (found != cache.constEnd())
        return *found;
    if (cache.size() > 32)
        cache.clear();
    return *cache.insert(palette.cacheKey(), StatusPalette(palette));
}

StatusPalette::StatusPalette(const QPalette &palette)
{
    m_base = palette.color(QPalette::Active, QPalette::Base);
    m_text = palette.color(QPalette::Active, QPalette::Text);
    m_window = palette.color(QPalette::Active, QPalette::Window);
    m_dark = m_base.lightness() < m_text.lightness();
    m_highContrast = m_base == m_window && contrast(m_base, m_text) > 20;

    const auto &table = m_dark ? DarkStates : LightStates;
    for (std::size_t i = 0; i < m_states.size(); ++i) {
        m_states[i].solid = rgb(table[i][0]);
        m_states[i].word = table[i][1] != 0 ? rgb(table[i][1]) : m_text;
        m_states[i].fill = rgb(table[i][2]);
        m_states[i].chip = table[i][3] != 0 ? rgb(table[i][3]) : QColor(Qt::transparent);
    }
    takeNeutrals(palette);
    if (m_highContrast)
        turnHighContrast();
}

void StatusPalette::takeNeutrals(const QPalette &palette)
{
    const auto pick = [this](double light, double dark) { return neutral(m_dark ? dark : light); };
    const QColor normal = solid(State::Normal);
    m_highlight = palette.color(QPalette::Active, QPalette::Highlight);
    m_highlightedText = palette.color(QPalette::Active, QPalette::HighlightedText);
    m_selection = mix(m_base, normal, m_dark ? 0.18 : 0.12);
    m_navigation = mix(m_window, normal, m_dark ? 0.26 : 0.16);
    m_selectionIdle = pick(0.07, 0.07);
    m_filterChip = pick(0.08, 0.08);
    if (isOwn(palette, m_dark)) {
        m_code = palette.color(QPalette::Active, QPalette::AlternateBase);
        m_second = palette.color(QPalette::Active, QPalette::PlaceholderText);
        m_link = palette.color(QPalette::Active, QPalette::Link);
        m_rule = palette.color(QPalette::Active, QPalette::Mid);
        m_weakRule = palette.color(QPalette::Active, QPalette::Midlight);
        m_edge = rgb(m_dark ? 0x6B747D : 0x8B939B);
        m_track = rgb(m_dark ? 0x2B2F32 : 0xEFF1F3);
    } else {
        m_code = pick(0.03, 0.03);
        m_second = pick(0.73, 0.68);
        m_link = word(State::Normal);
        m_rule = pick(0.22, 0.21);
        m_weakRule = pick(0.13, 0.10);
        m_edge = pick(0.51, 0.40);
        m_track = pick(0.07, 0.08);
    }
    m_hatch = mix(m_track, normal, 0.60);
}

// Words, signs and outlines carry the meaning; colour is left to the text selection.
void StatusPalette::turnHighContrast()
{
    for (StateColours &state : m_states)
        state = {m_text, m_text, m_base, QColor(Qt::transparent)};
    m_code = m_base;
    m_track = m_base;
    m_second = m_text;
    m_link = m_text;
    m_edge = m_text;
    m_rule = m_text;
    m_weakRule = m_text;
    m_selection = m_highlight;
    m_selectionIdle = m_highlight;
    m_navigation = m_highlight;
    m_filterChip = m_base;
    m_hatch = m_text;
}

QColor StatusPalette::syntax(Syntax part) const
{
    if (m_highContrast)
        return m_text;
    switch (part) {
    case Syntax::Key:
        return m_text;
    case Syntax::Number:
        return rgb(m_dark ? 0x6CBFEE : 0x0067A3);
    case Syntax::Text:
        return rgb(m_dark ? 0x6CC9B4 : 0x0B6B5C);
    case Syntax::Keyword:
        return rgb(m_dark ? 0xE79BD3 : 0x8A3E7A);
    case Syntax::Segment:
        return rgb(m_dark ? 0xD8C25A : 0x6B5900);
    case Syntax::Comment:
        return rgb(m_dark ? 0x979EA5 : 0x646C74);
    }
    return m_text;
}

QColor StatusPalette::diffGround(DiffSide side) const
{
    if (side == DiffSide::Same || m_highContrast)
        return m_code;
    return mix(m_code, solid(side == DiffSide::Removed ? State::Refused : State::Normal),
        m_dark ? 0.20 : 0.13);
}

QColor StatusPalette::diffWord(DiffSide side) const
{
    if (side == DiffSide::Same || m_highContrast)
        return m_code;
    return mix(m_code, solid(side == DiffSide::Removed ? State::Refused : State::Normal),
        m_dark ? 0.42 : 0.30);
}

} // namespace sluice::ui
