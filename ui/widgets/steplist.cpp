// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/steplist.h"

#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>

namespace sluice::ui {
namespace {

constexpr int Circle = 15;
constexpr int TextLeft = 28;

QRectF circleRect(qreal top)
{
    return {0.5, top, Circle - 1, Circle - 1};
}

} // namespace

StepList::StepList(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Getting started"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

int StepList::pitch() const
{
    return fontMetrics().height() + QFontMetrics(Theme::font(FontRole::Small, font())).height()
        + 19;
}

int StepList::addStep(const QString &title, const QString &note, const QString &action)
{
    Step step{title, note, Status::Open, nullptr};
    const int index = count();
    if (!action.isEmpty()) {
        step.action = new FlatButton(action, this);
        step.action->setLink(true);
        step.action->setAccessibleName(title + u": " + action);
        step.action->show();
        connect(step.action, &QToolButton::clicked, this,
            [this, index] { Q_EMIT actionTriggered(index); });
    }
    m_steps.append(step);
    describe();
    updateGeometry();
    resizeEvent(nullptr);
    return index;
}

void StepList::setStep(int index, Status status, const QString &note)
{
    if (index < 0 || index >= count())
        return;
    Step &step = m_steps[index];
    step.status = status;
    step.note = note;
    if (step.action)
        step.action->setVisible(status != Status::Done);
    describe();
    update();
}

StepList::Status StepList::status(int index) const
{
    return m_steps.value(index).status;
}

void StepList::describe()
{
    QStringList lines;
    for (const Step &step : std::as_const(m_steps)) {
        const QString word = step.status == Status::Done ? tr("done")
            : step.status == Status::Waiting             ? tr("waiting")
                                                         : tr("open");
        lines << step.title + u": " + word + u", " + step.note;
    }
    setAccessibleDescription(lines.join(u'\n'));
}

QSize StepList::sizeHint() const
{
    return {312, pitch() * count()};
}

QSize StepList::minimumSizeHint() const
{
    return {160, pitch() * count()};
}

void StepList::resizeEvent(QResizeEvent *)
{
    for (int i = 0; i < count(); ++i) {
        FlatButton *action = m_steps.at(i).action;
        if (!action)
            continue;
        const QSize size = action->sizeHint();
        const QRectF box(width() - size.width() + 4, i * pitch() - 4, size.width(), size.height());
        action->setGeometry(visualRect(layoutDirection(), rect(), box).toRect());
    }
}

void StepList::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    for (int i = 0; i < count(); ++i)
        paintStep(&painter, i);
}

void StepList::paintStep(QPainter *painter, int index) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const Step &step = m_steps.at(index);
    const qreal top = index * pitch();
    const int line = fontMetrics().height();
    const QRectF outer(rect());
    const QRectF circle =
        visualRect(layoutDirection(), outer, circleRect(top + (line - Circle) / 2.0 + 1));
    painter->setRenderHint(QPainter::Antialiasing);
    if (step.status == Status::Done) {
        painter->setPen(colours.isHighContrast() ? QPen(colours.text(), 1) : QPen(Qt::NoPen));
        painter->setBrush(colours.selection(true));
        painter->drawEllipse(circle);
        paintSign(painter, circle.center(), Sign::Check,
            colours.isHighContrast() ? colours.highlightedText() : colours.solid(State::Normal),
            8.5);
    } else {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(
            QPen(step.status == Status::Open ? colours.neutral(0.65) : colours.rule(), 1.25));
        painter->drawEllipse(circle);
        if (step.status == Status::Waiting) {
            painter->setPen(QPen(colours.solid(State::Normal), 1.75, Qt::SolidLine, Qt::FlatCap));
            painter->drawArc(
                circle, 90 * 16, -130 * 16); // does not turn: nothing moves while waiting
        }
    }
    if (index + 1 < count()) {
        const QRectF thread(std::floor(circle.center().x()), top + line + 4, 1, pitch() - line - 8);
        painter->fillRect(thread, colours.rule());
    }
    const qreal trail = step.action && step.status != Status::Done ? step.action->width() : 0;
    const QRectF title(TextLeft, top, width() - TextLeft - trail, line);
    const auto side = layoutDirection() == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft;
    drawLine(painter, visualRect(layoutDirection(), outer, title), step.title,
        step.status == Status::Waiting ? Theme::font(FontRole::Strong, font()) : font(),
        colours.text(), side);
    const QFont small = Theme::font(FontRole::Small, font());
    const QRectF note(TextLeft, top + line + 1, width() - TextLeft, QFontMetrics(small).height());
    drawLine(painter, visualRect(layoutDirection(), outer, note), step.note, small,
        colours.second(), side);
}

} // namespace sluice::ui
