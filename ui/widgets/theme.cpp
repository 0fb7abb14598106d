// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/theme.h"

#include "ui/widgets/statuspalette.h"

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QStyleFactory>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

struct PaletteEntry
{
    QPalette::ColorRole role;
    quint32 light;
    quint32 dark;
};

constexpr PaletteEntry Entries[] = {
    {QPalette::Base, 0xFFFFFF, 0x1B1E20},
    {QPalette::Window, 0xF3F4F6, 0x25292C},
    {QPalette::AlternateBase, 0xF8F9FA, 0x202426},
    {QPalette::Text, 0x1C2126, 0xE3E6E9},
    {QPalette::WindowText, 0x1C2126, 0xE3E6E9},
    {QPalette::ButtonText, 0x1C2126, 0xE3E6E9},
    {QPalette::PlaceholderText, 0x5A626A, 0xA2A9B0},
    {QPalette::Link, 0x0067A3, 0x6CBFEE},
    {QPalette::LinkVisited, 0x7F4C98, 0xD2AEE2},
    {QPalette::Highlight, 0x0072B2, 0x2A76AA},
    {QPalette::HighlightedText, 0xFFFFFF, 0xFFFFFF},
    {QPalette::Button, 0xFBFBFC, 0x30353A},
    {QPalette::Mid, 0xCDD2D7, 0x454C52},
    {QPalette::Midlight, 0xE2E5E8, 0x303539},
    {QPalette::Light, 0xFFFFFF, 0x3A4046},
    {QPalette::Dark, 0x8B939B, 0x14171A},
    {QPalette::Shadow, 0x5A626A, 0x0E1012},
    {QPalette::BrightText, 0xFFFFFF, 0xFFFFFF},
    {QPalette::ToolTipBase, 0xFFFFFF, 0x30353A},
    {QPalette::ToolTipText, 0x1C2126, 0xE3E6E9},
};

QPalette buildPalette(bool dark)
{
    QPalette palette;
    for (const PaletteEntry &entry : Entries)
        palette.setColor(entry.role, QColor::fromRgb(dark ? entry.dark : entry.light));
    const QColor base = palette.color(QPalette::Base);
    const QColor disabled = StatusPalette::mix(base, palette.color(QPalette::Text), 0.48);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, disabled);
    palette.setColor(QPalette::Disabled, QPalette::Highlight,
        StatusPalette::mix(base, palette.color(QPalette::Text), 0.22));
    palette.setColor(QPalette::Disabled, QPalette::HighlightedText, base);
    return palette;
}

// Keeps a label in its role when the application's font or palette changes.
class LabelRole : public QObject
{
public:
    LabelRole(QLabel *label, FontRole role, bool second)
        : QObject(label), m_label(label), m_role(role), m_second(second)
    {
        label->installEventFilter(this);
        qApp->installEventFilter(this);
        update();
    }

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        const auto type = event->type();
        if ((watched == qApp
                && (type == QEvent::ApplicationFontChange
                    || type == QEvent::ApplicationPaletteChange))
            || (watched == m_label && type == QEvent::StyleChange)) {
            update();
        }
        return false;
    }

private:
    void update()
    {
        m_label->setFont(Theme::font(m_role));
        QPalette palette;
        if (m_second) {
            const StatusPalette colours(QApplication::palette());
            palette.setColor(QPalette::WindowText, colours.second());
            palette.setColor(QPalette::Text, colours.second());
        }
        m_label->setPalette(palette);
    }

    QLabel *m_label;
    FontRole m_role;
    bool m_second;
};

class Rule : public QWidget
{
public:
    Rule(Qt::Orientation orientation, QWidget *parent) : QWidget(parent)
    {
        if (orientation == Qt::Horizontal)
            setFixedHeight(1);
        else
            setFixedWidth(1);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter(this).fillRect(rect(), StatusPalette::of(palette()).rule());
    }
};

} // namespace

void Theme::apply(ThemeMode mode)
{
    // The style the platform chose and its palette, remembered before the first change.
    static const QString platformStyle = QApplication::style()->name();
    static const QPalette platformPalette = QApplication::palette();

    const bool fusion =
        mode != ThemeMode::System || platformStyle.compare("fusion"_L1, Qt::CaseInsensitive) == 0;
    const QString style = fusion ? u"Fusion"_s : platformStyle;
    if (QApplication::style()->name().compare(style, Qt::CaseInsensitive) != 0)
        QApplication::setStyle(QStyleFactory::create(style));
    if (!fusion) {
        QApplication::setPalette(platformPalette);
        return;
    }
    const bool dark = mode == ThemeMode::Dark
        || (mode == ThemeMode::System && StatusPalette(platformPalette).isDark());
    QApplication::setPalette(dark ? darkPalette() : lightPalette());
}

QPalette Theme::lightPalette()
{
    return buildPalette(false);
}

QPalette Theme::darkPalette()
{
    return buildPalette(true);
}

QPalette Theme::highContrastPalette()
{
    QPalette palette = buildPalette(true);
    for (const auto role : {QPalette::Base, QPalette::Window, QPalette::AlternateBase,
             QPalette::Button, QPalette::HighlightedText})
        palette.setColor(role, Qt::black);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText,
             QPalette::PlaceholderText, QPalette::Mid, QPalette::Midlight})
        palette.setColor(role, Qt::white);
    palette.setColor(QPalette::Highlight, Qt::yellow);
    return palette;
}

QFont Theme::font(FontRole role, const QFont &base)
{
    const auto sized = [&base](QFont font, qreal points, int weight = QFont::Normal) {
        if (base.pointSizeF() > 0)
            font.setPointSizeF(std::max(5.0, base.pointSizeF() + points));
        else // sized in pixels: one point is 4/3 of them at 96 dpi
            font.setPixelSize(std::max(7, base.pixelSize() + qRound(points * 4 / 3)));
        font.setWeight(QFont::Weight(weight));
        return font;
    };
    const auto fixed = [] { return QFontDatabase::systemFont(QFontDatabase::FixedFont); };
    switch (role) {
    case FontRole::Text:
        return sized(base, 0);
    case FontRole::Small:
        return sized(base, -1);
    case FontRole::Strong:
        return sized(base, 0, QFont::DemiBold);
    case FontRole::SmallStrong:
        return sized(base, -1, QFont::DemiBold);
    case FontRole::Head:
        return sized(base, 1, QFont::DemiBold);
    case FontRole::Title:
        return sized(base, 4, QFont::DemiBold);
    case FontRole::Figure:
        return sized(base, 7);
    case FontRole::Mono:
        return sized(fixed(), -0.5);
    case FontRole::MonoSmall:
        return sized(fixed(), -1);
    case FontRole::MonoField:
        return sized(fixed(), 1);
    }
    return base;
}

QFont Theme::font(FontRole role)
{
    return font(role, QApplication::font());
}

void Theme::setRole(QLabel *label, FontRole role, bool second)
{
    new LabelRole(label, role, second);
}

QWidget *Theme::createRule(Qt::Orientation orientation, QWidget *parent)
{
    return new Rule(orientation, parent);
}

bool Theme::hasTabularDigits(const QFont &font)
{
    const QFontMetricsF metrics(font);
    const qreal zero = metrics.horizontalAdvance(u'0');
    for (char16_t digit = u'1'; digit <= u'9'; ++digit) {
        if (!qFuzzyCompare(metrics.horizontalAdvance(QChar(digit)), zero))
            return false;
    }
    return true;
}

} // namespace sluice::ui
