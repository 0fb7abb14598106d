// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/galleryboards.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/mainbutton.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/quotagauge.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/theme.h"

#include <QLineEdit>
#include <QPainter>
#include <QRandomGenerator>
#include <QWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

struct GaugeRow
{
    QString label;
    GaugeValue value;
    bool selected = false;
};

GaugeValue requests(qint64 used, qint64 quota)
{
    return format::gauge(Unit::Request, used * MicroPerUnit, quota * MicroPerUnit);
}

GaugeValue dollars(qint64 cents, qint64 quotaCents)
{
    return format::gauge(Unit::Cents, cents * MicroPerUnit, quotaCents * MicroPerUnit);
}

GaugeValue with(GaugeValue value, State state, const QString &word)
{
    value.state = state;
    value.stateWord = word;
    return value;
}

QList<GaugeRow> gaugeRows()
{
    GaugeValue paced = dollars(18702, 50000);
    paced.paceShare = 0.46;
    paced.thresholds = {0.8, 0.95};
    GaugeValue reserved = format::gauge(
        Unit::Token, 1'212'900 * MicroPerUnit, 2'000'000 * MicroPerUnit, 176'000 * MicroPerUnit);
    GaugeValue raised = requests(83, 180);
    raised.stateWord = u"+60 until 16:00"_s;
    GaugeValue stale = requests(60, 120);
    stale.stale = true;
    stale.stateWord = u"12 s old"_s;
    GaugeValue none;
    none.noLimitText = u"unlimited: router batch opts out"_s;
    GaugeValue blocked;
    blocked.noLimitText = u"blocked by alice"_s;
    blocked.blocked = true;
    GaugeValue selected = dollars(44118, 50000);
    selected.paceShare = 0.37;
    return {
        {u"in use"_s, requests(412, 1000)},
        {u"with pace mark and alert ticks"_s, paced},
        {u"part reserved, not settled"_s, reserved},
        {u"raised for a while"_s, raised},
        {u"near, from 80\u202f%"_s, requests(54, 60)},
        {u"at the limit"_s, requests(60, 60)},
        {u"over it: settled above the estimate"_s,
            with(dollars(1000, 1000), State::Refused, u"refused, +$0.42"_s)},
        {u"shadow"_s, with(requests(14, 20), State::Shadow, u"shadow"_s)},
        {u"shadow, would refuse"_s, with(requests(30, 30), State::Shadow, u"would refuse"_s)},
        {u"nothing used"_s, requests(0, 120)},
        {u"a trace: never thinner than 2 px"_s, requests(3, 1000)},
        {u"stale: older than 2 s"_s, stale},
        {u"no limit"_s, none},
        {u"blocked"_s, blocked},
        {u"in a selected row"_s, selected, true},
    };
}

SparklineValue sparkline(int kind)
{
    QRandomGenerator random(7);
    SparklineValue value;
    for (int i = 0; i < 60; ++i) {
        double amount = 9 + 3 * std::sin(i / 9.0) + double(random.bounded(20)) / 10;
        double refused = 0;
        if (kind == 1) {
            amount = i >= 18 && i < 24 ? 9 : i >= 46 ? 10 : 2 + double(random.bounded(10)) / 10;
            refused = i >= 47 ? 1 + double(random.bounded(20)) / 10 : 0;
        } else if (kind == 2) {
            amount = i == 50 ? 2 : i == 51 ? 3 : i == 52 ? 1 : 0;
        }
        value.admitted << amount;
        value.refused << refused;
    }
    return value;
}

class ComponentsBoard : public QWidget
{
public:
    ComponentsBoard()
    {
        setFixedSize(1200, 600);
        setBackgroundRole(QPalette::Base);
        setAutoFillBackground(true);
        addButtons();
        addFields();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        paintGauges(&painter);
        paintSwatches(&painter);
        paintChips(&painter);
        paintSigns(&painter);
        paintSparklines(&painter);
        paintIcons(&painter);
        heading(&painter, 530, 368, u"Buttons"_s);
        heading(&painter, 530, 452, u"Fields, at rest and with focus"_s);
        heading(&painter, 530, 532, u"Filter"_s);
    }

private:
    void addButtons()
    {
        auto *apply = new MainButton(u"Apply"_s, this);
        apply->setShownShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
        apply->setGeometry(530, 389, apply->sizeHint().width(), 30);
        auto *discard = new QPushButton(u"Discard"_s, this);
        discard->setFocusPolicy(Qt::NoFocus);
        setUpPushButton(discard);
        discard->setGeometry(683, 389, 80, 30);
        auto *edit = new FlatButton(Icon::Edit, u"Edit limit"_s, this);
        edit->setFocusPolicy(Qt::NoFocus);
        edit->setGeometry(771, 390, edit->sizeHint().width(), 28);
        apply->setFocusPolicy(Qt::NoFocus);
    }

    void addFields()
    {
        auto *rest = new FieldEdit(u"At rest"_s, this);
        rest->setText(u"90"_s);
        rest->setAlignment(Qt::AlignRight);
        rest->setGeometry(530, 472, 64, 28);
        auto *focused = new FieldEdit(u"With focus"_s, this);
        focused->setText(u"90"_s);
        focused->setAlignment(Qt::AlignRight);
        focused->setGeometry(602, 472, 64, 28);
        auto *state = new Segmented(u"State"_s, {u"Off"_s, u"Shadow"_s, u"Enforced"_s}, this);
        state->setCurrentIndex(2);
        state->move(674, 472);
        state->resize(state->sizeHint());
        auto *filter = new FilterEdit(u"Filter"_s, this);
        filter->setChips(
            {{u"team"_s, u"core"_s, u"team:core"_s}, {u"not user"_s, u"bot"_s, u"-user:bot"_s}});
        filter->setText(u"used>5"_s);
        filter->setGeometry(530, 552, 350, 30);
        focused->setFocus();
    }

    StatusPalette colours() const { return StatusPalette::of(palette()); }

    void heading(QPainter *painter, qreal x, qreal y, const QString &text) const
    {
        drawLine(painter, QRectF(x, y - 14, 400, 28), text, Theme::font(FontRole::Strong),
            colours().text());
    }

    void paintGauges(QPainter *painter) const
    {
        heading(painter, 20, 24, u"Gauge, 20 px in a 28 px row"_s);
        qreal y = 40;
        for (const GaugeRow &row : gaugeRows()) {
            if (row.selected) {
                painter->fillRect(QRectF(8, y, 494, 28), colours().selection(true));
                painter->fillRect(QRectF(8, y, 3, 28), colours().solid(State::Normal));
            }
            drawLine(painter, QRectF(20, y, 224, 28), row.label, font(), colours().second());
            paintQuotaGauge(painter, QRectF(246, y + 4, 248, 20), row.value, {palette(), font()});
            y += 28;
        }
    }

    void paintSwatches(QPainter *painter) const
    {
        heading(painter, 20, 488, u"State colours: fill and strip"_s);
        const QStringList names{u"normal"_s, u"near"_s, u"refused"_s, u"shadow"_s, u"idle"_s};
        for (int i = 0; i < 5; ++i) {
            const qreal x = 20 + i * 62;
            GaugeValue full = requests(1, 1);
            full.state = State(i);
            drawOutline(
                painter, QRectF(x, 508, 54, 24), Qt::transparent, 0, colours().fill(State(i)), 3);
            painter->fillRect(QRectF(x, 528, 54, 4), colours().solid(State(i)));
            drawLine(painter, QRectF(x, 534, 60, 20), names.at(i), Theme::font(FontRole::Small),
                colours().second());
        }
    }

    void chip(QPainter *painter, qreal x, qreal y, const ChipValue &value) const
    {
        paintChip(painter, QRectF(x, y - 14, 300, 28), value, font(), colours());
    }

    void paintChips(QPainter *painter) const
    {
        using Kind = ChipValue::Kind;
        heading(painter, 530, 24, u"Decision chips"_s);
        chip(painter, 530, 54, {Kind::Plain, State::Idle, Sign::None, u"200"_s});
        chip(painter, 574, 54, {Kind::Tinted, State::Refused, Sign::Square, u"429 refused"_s});
        chip(painter, 679, 54,
            {Kind::Outlined, State::Shadow, Sign::Diamond, u"200 would refuse"_s});
        chip(painter, 530, 82, {Kind::Grey, State::Idle, Sign::Cross, u"502 upstream"_s});
        chip(painter, 646, 82, {Kind::Grey, State::Idle, Sign::None, u"streaming"_s});
        chip(painter, 727, 82, {Kind::Tinted, State::Near, Sign::Triangle, u"81\u202f% near"_s});
    }

    void paintSigns(QPainter *painter) const
    {
        heading(painter, 530, 124, u"State signs, 8 px"_s);

        struct Entry
        {
            Sign sign;
            State state;
            QString word;
        };

        const QList<Entry> entries{
            {Sign::Disc, State::Normal, u"running"_s},
            {Sign::Check, State::Normal, u"passes"_s},
            {Sign::Triangle, State::Near, u"near"_s},
            {Sign::Square, State::Refused, u"refused"_s},
            {Sign::Diamond, State::Shadow, u"would refuse"_s},
            {Sign::Dash, State::Idle, u"idle"_s},
            {Sign::Ring, State::Idle, u"off"_s},
            {Sign::Blocked, State::Idle, u"blocked"_s},
            {Sign::Cross, State::Refused, u"error"_s},
        };
        for (int i = 0; i < entries.size(); ++i) {
            const QPointF at(534 + (i % 3) * 104, 153 + (i / 3) * 26);
            paintSign(painter, at, entries.at(i).sign,
                signColour(palette(), entries.at(i).sign, entries.at(i).state));
            drawLine(painter, QRectF(at.x() + 12, at.y() - 14, 92, 28), entries.at(i).word, font(),
                colours().text());
        }
    }

    void paintSparklines(QPainter *painter) const
    {
        heading(painter, 530, 246, u"Sparkline, 120 by 16"_s);
        const QStringList words{u"60 buckets, 2 px each"_s, u"refused on top"_s, u"quiet"_s};
        for (int i = 0; i < 3; ++i) {
            const qreal y = 267 + i * 26;
            paintSparkline(
                painter, QRectF(530, y, 120, 16), sparkline(i), colours(), colours().base());
            drawLine(painter, QRectF(666, y - 6, 200, 28), words.at(i), font(), colours().second());
        }
    }

    void paintIcons(QPainter *painter) const
    {
        heading(painter, 908, 24, u"Icons, 16 px grid, stroke 1.25"_s);
        for (int i = 0; i < IconCount; ++i) {
            const qreal x = 908 + (i % 3) * 94;
            const qreal y = 45 + (i / 3) * 26;
            paintIcon(painter, QRectF(x, y, 16, 16), Icon(i), colours().text());
            drawLine(painter, QRectF(x + 24, y - 6, 72, 28), iconName(Icon(i)), font(),
                colours().second());
        }
    }
};

} // namespace

QWidget *createComponentsBoard()
{
    return new ComponentsBoard;
}

} // namespace sluice::ui
