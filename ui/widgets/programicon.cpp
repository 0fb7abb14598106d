// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/icons.h"
#include "ui/widgets/pathdata.h"
#include "ui/widgets/statuspalette.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

// A gate between two posts, half raised, over water; a grid of 56 as on the first-run page.
constexpr QLatin1StringView Frame("M6 2.5H50M11 2.5V43M45 2.5V43M28 2.5V11");
constexpr QLatin1StringView Gate("R15 11.5 26 14 1.5");
constexpr QLatin1StringView Slits("M21.5 15V22M28 15V22M34.5 15V22");
constexpr QLatin1StringView Jet("M14 35.5Q17.5 31.5 21 35.5Q24.5 39.5 28 35.5Q31.5 31.5 35 35.5"
                                "Q38.5 39.5 42 35.5");
constexpr QLatin1StringView Waves("M1 43.5Q4.5 39.5 8 43.5Q11.5 47.5 15 43.5Q18.5 39.5 22 43.5"
                                  "Q25.5 47.5 29 43.5Q32.5 39.5 36 43.5Q39.5 47.5 43 43.5"
                                  "Q46.5 39.5 50 43.5Q52.5 46.5 55 45");

// Fixed colours: task bars do not tell which ground they have, and blue and grey read on both.
class ProgramIconEngine : public QIconEngine
{
public:
    void paint(QPainter *painter, const QRect &rect, QIcon::Mode, QIcon::State) override
    {
        const int side = std::min(rect.width(), rect.height());
        QRectF square(0, 0, side, side);
        square.moveCenter(QRectF(rect).center());
        paintProgramIcon(painter, square, QGuiApplication::palette());
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }

    QList<QSize> availableSizes(QIcon::Mode, QIcon::State) override
    {
        return {{16, 16}, {24, 24}, {32, 32}, {48, 48}, {64, 64}, {128, 128}};
    }

    QIconEngine *clone() const override { return new ProgramIconEngine; }

    QString iconName() override { return u"sluice"_s; }

    bool isNull() override { return false; }
};

} // namespace

QIcon programIcon()
{
    return QIcon(new ProgramIconEngine);
}

void paintProgramIcon(QPainter *painter, const QRectF &rect, const QPalette &palette)
{
    const StatusPalette colours = StatusPalette::of(palette);
    const QColor line = colours.neutral(0.72);
    const QColor water = colours.solid(State::Normal);
    // Small sizes need heavier strokes to stay readable.
    const qreal width = rect.width() < 24 ? 4.5 : rect.width() < 40 ? 3.2 : 2.25;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->translate(rect.topLeft() + QPointF(0, rect.height() * 3 / 56));
    painter->scale(rect.width() / 56, rect.height() / 56);
    painter->setPen(QPen(line, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter->drawPath(parsePath(Frame));
    painter->setBrush(colours.fill(State::Normal));
    painter->drawPath(parsePath(Gate));
    painter->setBrush(Qt::NoBrush);
    if (rect.width() >= 24)
        painter->drawPath(parsePath(Slits));
    painter->setPen(QPen(water, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter->drawPath(parsePath(Jet));
    painter->drawPath(parsePath(Waves));
    painter->restore();
}

} // namespace sluice::ui
