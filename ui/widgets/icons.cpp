// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/icons.h"

#include "ui/widgets/pathdata.h"
#include "ui/widgets/statuspalette.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>

#include <array>
#include <optional>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

struct IconData
{
    const char *name;
    const char *stroke;
    const char *fill = "";
};

// In the order of the enumeration.
constexpr std::array<IconData, IconCount> Table{{
    {"overview", "A8 9.5 5.6 -25 230M8 9.5L10.6 6.3", "O8 9.5 0.9"},
    {"requests", "M2 4.7H10.3L13.7 8L10.3 11.3H2M2 8H13.2"},
    {"usage", "R2 3 12 3.8 1.2M10 3V6.8R2 9.2 12 3.8 1.2M6 9.2V13"},
    {"alerts",
        "M3.2 11.5H12.8C11.8 10.6 11.6 9.6 11.6 7.6C11.6 4.9 10.1 3 8 3C5.9 3 4.4 4.9 4.4 7.6"
        "C4.4 9.6 4.2 10.6 3.2 11.5ZM6.6 13.1Q8 14.4 9.4 13.1"},
    {"policies", "M2 5.3H8.9M12.1 5.3H14O10.5 5.3 1.6M2 11H3.9M7.1 11H14O5.5 11 1.6"},
    {"routers",
        "M2 8H6.2C8 8 8 4.2 10.3 4.2H13.4M11.6 2.4L13.6 4.2L11.6 6M6.2 8C8 8 8 11.8 10.3 11.8H13.4"
        "M11.6 10L13.6 11.8L11.6 13.6"},
    {"keys", "O5 11 2.7M7 9L13.6 2.9M10.6 5.7L12.3 7.4M12.3 4.1L13.6 5.4"},
    {"config", "M3.5 2.5H9.6L12.5 5.4V13.5H3.5ZM5.8 7.2H9.2M5.8 9.2H10.2M5.8 11.2H10.2"},
    {"lab",
        "M5.2 2.5H10.8M6.2 2.5V6.6L3 12.2C2.6 12.9 2.9 13.5 3.7 13.5H12.3C13.1 13.5 13.4 12.9 13 "
        "12.2"
        "L9.8 6.6V2.5M4.7 9.8H11.3"},
    {"simulator", "A8 8.6 5.2 45 315M12.2 2.2V5.2H9.2M6.8 6.5L10.4 8.6L6.8 10.7Z"},
    {"logs", "M2.5 3.8H13.5M2.5 6.6H10.5M2.5 9.4H13.5M2.5 12.2H9"},
    {"settings",
        "O8 8 4.3O8 8 1.7M12.3 8H14M2 8H3.7M8 2V3.7M8 12.3V14M11 11L12.3 12.3M3.7 3.7L5 5M11 "
        "5L12.3 3.7"
        "M3.7 12.3L5 11"},
    {"freeze", "M5.5 3.8V12.2M10.5 3.8V12.2"},
    {"play", "M5 3.5L12.3 8L5 12.5Z"},
    {"follow", "M2.5 2.8H13.5M8 13.5V6M4.6 9.2L8 5.8L11.4 9.2"},
    {"columns", "R2.2 2.8 11.6 10.4 1.4M6.1 2.8V13.2M9.9 2.8V13.2"},
    {"filter", "M2.3 3.2H13.7L9.4 8.4V13.2L6.6 11.3V8.4Z"},
    {"search", "O7 7 4.3M10.2 10.2L13.9 13.9"},
    {"bookmark", "M3.7 2.5H12.3V13.5L8 10.3L3.7 13.5Z"},
    {"copy", "R5.6 5.6 7.9 7.9 1.4M2.5 10.4V2.5H10.4"},
    {"duplicate", "R5.6 5.6 7.9 7.9 1.4M2.5 10.4V2.5H10.4M9.55 7.8V11.3M7.8 9.55H11.3"},
    {"trash", "M2.5 4.5H13.5M6 4.5V2.7H10V4.5M4 4.5L4.6 13.5H11.4L12 4.5M6.8 7V11M9.2 7V11"},
    {"edit",
        "M2.9 13.1L3.6 10L10.8 2.8C11.4 2.2 12.2 2.2 12.8 2.9L13.1 3.2C13.8 3.8 13.8 4.6 13.2 "
        "5.2L6 12.4Z"
        "M9.5 4.3L11.8 6.6"},
    {"undo",
        "M5.8 2.6L2.5 5.9L5.8 9.2M2.7 5.9H10C12 5.9 13.4 7.4 13.4 9.3C13.4 11.2 12 12.7 10 12.7H7"},
    {"reset", "A8 8.6 5.2 135 -315M3.8 2.2V5.2H6.8"},
    {"raise", "M8 13.2V3M4.4 6.6L8 3L11.6 6.6"},
    {"block", "O8 8 5.6M4.1 11.9L11.9 4.1"},
    {"plus", "M8 2.8V13.2M2.8 8H13.2"},
    {"close", "M4 4L12 12M12 4L4 12"},
    {"more", "", "O3.6 8 0.95O8 8 0.95O12.4 8 0.95"},
    {"down", "M4.8 6.5L8 9.7L11.2 6.5"},
    {"up", "M4.8 9.5L8 6.3L11.2 9.5"},
    {"right", "M6.5 4.8L9.7 8L6.5 11.2"},
    {"arrow", "M2.8 8H13.2M9.6 4.4L13.2 8L9.6 11.6"},
    {"check", "M2.8 8.8L6.1 12.1L13.2 4"},
    {"warn", "M8 2.5L14 13.2H2ZM8 6.4V9.4", "O8 11.2 0.85"},
    {"error", "O8 8 5.8M6 6L10 10M10 6L6 10"},
    {"info", "O8 8 5.8M8 7.6V11", "O8 5.3 0.85"},
    {"clock", "O8 8 5.8M8 4.6V8.2L10.3 10"},
    {"open", "M8 3.4H2.7V13.3H12.6V8M9.8 2.5H13.5V6.2M13.3 2.7L7.6 8.4"},
    {"external", "M3.2 12.8L12.7 3.3M5.4 3.3H12.7V10.6"},
    {"link",
        "M7 4.9H5.1C3.3 4.9 2.1 6.2 2.1 8C2.1 9.8 3.3 11.1 5.1 11.1H7M9 4.9H10.9C12.7 4.9 13.9 6.2 "
        "13.9 8"
        "C13.9 9.8 12.7 11.1 10.9 11.1H9M5.6 8H10.4"},
    {"terminal", "R1.9 2.7 12.2 10.6 1.4M4.6 5.9L6.7 8L4.6 10.1M8.2 10.4H11.2"},
    {"send", "M2.5 2.8L13.6 8L2.5 13.2L4.4 8ZM4.4 8H9.6"},
    {"server", "R2.1 2.5 11.8 4.7 1.3R2.1 8.8 11.8 4.7 1.3", "O4.7 4.85 0.8O4.7 11.15 0.8"},
}};

struct IconPaths
{
    QPainterPath stroke;
    QPainterPath fill;
};

const IconPaths &pathsOf(Icon icon)
{
    static std::array<std::optional<IconPaths>, IconCount> cache;
    auto &entry = cache[std::size_t(icon)];
    if (!entry) {
        const IconData &data = Table[std::size_t(icon)];
        entry = IconPaths{
            parsePath(QLatin1StringView(data.stroke)), parsePath(QLatin1StringView(data.fill))};
    }
    return *entry;
}

class PathIconEngine : public QIconEngine
{
public:
    PathIconEngine(Icon icon, const QColor &colour) : m_icon(icon), m_colour(colour) { }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        const int side = std::min(rect.width(), rect.height());
        QRectF square(0, 0, side, side);
        square.moveCenter(QRectF(rect).center());
        paintIcon(painter, square, m_icon, colourFor(mode));
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }

    QIconEngine *clone() const override { return new PathIconEngine(m_icon, m_colour); }

    QString iconName() override { return ui::iconName(m_icon); }

    bool isNull() override { return false; }

private:
    QColor colourFor(QIcon::Mode mode) const
    {
        const QPalette palette = QGuiApplication::palette();
        if (mode == QIcon::Disabled)
            return palette.color(QPalette::Disabled, QPalette::ButtonText);
        if (m_colour.isValid())
            return m_colour;
        return palette.color(
            mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText);
    }

    Icon m_icon;
    QColor m_colour;
};

} // namespace

QString iconName(Icon icon)
{
    return QString(QLatin1StringView(Table[std::size_t(icon)].name));
}

QIcon icon(Icon icon)
{
    return QIcon(new PathIconEngine(icon, QColor()));
}

QIcon icon(Icon icon, const QColor &colour)
{
    return QIcon(new PathIconEngine(icon, colour));
}

void paintIcon(QPainter *painter, const QRectF &rect, Icon icon, const QColor &colour)
{
    const IconPaths &paths = pathsOf(icon);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->translate(rect.topLeft());
    painter->scale(rect.width() / 16, rect.height() / 16);
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(colour, 1.25, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    if (!paths.stroke.isEmpty())
        painter->drawPath(paths.stroke);
    if (!paths.fill.isEmpty())
        painter->fillPath(paths.fill, colour);
    painter->restore();
}

} // namespace sluice::ui
