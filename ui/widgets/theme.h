// SPDX-License-Identifier: GPL-3.0-or-later
// The look of the whole application: style, palette and the fonts by role. GUI thread.
#pragma once

#include <QFont>
#include <QPalette>

class QLabel;
class QWidget;

namespace sluice::ui {

enum class ThemeMode : quint8 { System, Light, Dark };

/// A font relative to the system font (or to the widget's).
enum class FontRole : quint8 {
    Text,
    Small,
    Strong,
    SmallStrong,
    Head,
    Title,
    Figure,
    Mono,
    MonoSmall,
    MonoField
};

class Theme
{
public:
    /// Light and Dark use Fusion with the console's own palette. System takes the platform's style;
    /// if that is Fusion anyway, the own palette that is nearer to the platform's. May be called
    /// again.
    static void apply(ThemeMode mode);

    static QPalette lightPalette();
    static QPalette darkPalette();
    /// A black and white palette, for tests of the high contrast drawing.
    static QPalette highContrastPalette();

    /// @p base in the given role; sizes are relative to @p base.
    static QFont font(FontRole role, const QFont &base);
    /// In the given role of the application font.
    static QFont font(FontRole role);

    /// Gives @p label the font of a role and, when asked, the colour of second text. Follows
    /// changes of palette and font.
    static void setRole(QLabel *label, FontRole role, bool second = false);

    /// A rule of 1 px between regions.
    static QWidget *createRule(Qt::Orientation orientation, QWidget *parent);

    /// True when the digits 0-9 have one width in @p font.
    static bool hasTabularDigits(const QFont &font);
};

} // namespace sluice::ui
