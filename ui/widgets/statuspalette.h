// SPDX-License-Identifier: GPL-3.0-or-later
// All colours of the console, made from one QPalette: light or dark by the lightness of Base,
// neutrals mixed from Base and Text so that they suit foreign palettes too. Value type, GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QColor>
#include <QPalette>

#include <array>

namespace sluice::ui {

/// Parts of YAML, headers and policies that have a colour of their own.
enum class Syntax : quint8 { Key, Number, Text, Keyword, Segment, Comment };

/// A row of a diff.
enum class DiffSide : quint8 { Same, Removed, Added };

class StatusPalette
{
public:
    explicit StatusPalette(const QPalette &palette);

    /// The palette for @p palette, from a small cache keyed by QPalette::cacheKey(). GUI thread.
    static StatusPalette of(const QPalette &palette);

    bool isDark() const { return m_dark; }

    /// Black and white only and no chrome: fills give way to outlines in Text.
    bool isHighContrast() const { return m_highContrast; }

    /// Shapes, strips and lines; at least 3 to 1 against Base.
    QColor solid(State state) const { return m_states[std::size_t(state)].solid; }

    /// Words; at least 4.5 to 1 against Base.
    QColor word(State state) const { return m_states[std::size_t(state)].word; }

    /// Ground under Text.
    QColor fill(State state) const { return m_states[std::size_t(state)].fill; }

    /// Ground under word(); transparent where a chip is outlined only.
    QColor chip(State state) const { return m_states[std::size_t(state)].chip; }

    QColor base() const { return m_base; }

    QColor window() const { return m_window; }

    QColor code() const { return m_code; }

    QColor text() const { return m_text; }

    QColor second() const { return m_second; }

    QColor link() const { return m_link; }

    QColor highlight() const { return m_highlight; }

    QColor highlightedText() const { return m_highlightedText; }

    QColor edge() const { return m_edge; } ///< outline of fields

    QColor track() const { return m_track; } ///< ground of gauges

    QColor rule() const { return m_rule; } ///< between regions, axes

    QColor weakRule() const { return m_weakRule; } ///< between rows, grid lines

    QColor selection(bool focused) const { return focused ? m_selection : m_selectionIdle; }

    QColor navigationSelection() const { return m_navigation; }

    QColor filterChip() const { return m_filterChip; }

    QColor hatch() const { return m_hatch; } ///< the reserved part of a gauge

    QColor syntax(Syntax part) const;
    QColor diffGround(DiffSide side) const;
    QColor diffWord(DiffSide side) const;

    /// @p share of Text over Base.
    QColor neutral(double share) const { return mix(m_base, m_text, share); }

    /// @p share (0..1) of @p over on @p ground.
    static QColor mix(const QColor &ground, const QColor &over, double share);
    /// WCAG 2 contrast ratio, 1..21.
    static double contrast(const QColor &a, const QColor &b);

private:
    struct StateColours
    {
        QColor solid;
        QColor word;
        QColor fill;
        QColor chip;
    };

    void takeNeutrals(const QPalette &palette);
    void turnHighContrast();

    std::array<StateColours, 5> m_states;
    QColor m_base, m_window, m_code, m_text, m_second, m_link, m_highlight, m_highlightedText;
    QColor m_edge, m_track, m_rule, m_weakRule, m_selection, m_selectionIdle, m_navigation;
    QColor m_filterChip, m_hatch;
    bool m_dark = false;
    bool m_highContrast = false;
};

} // namespace sluice::ui
