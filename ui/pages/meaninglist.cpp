// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/meaninglist.h"

#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace sluice::ui {

using insight::Meaning;

namespace {

constexpr int TextLeft = 20;
constexpr int DetailLeft = 20; ///< what belongs to the limit above stands further in

} // namespace

class MeaningList::Item final : public QWidget
{
public:
    explicit Item(QWidget *parent)
        : QWidget(parent), m_title(new QLabel(this)), m_text(new QLabel(this))
    {
        m_text->setWordWrap(true);
        Theme::setRole(m_text, FontRole::Text, true);
        auto *layout = new QVBoxLayout(this);
        layout->setContentsMargins(TextLeft, 0, 0, 0);
        layout->setSpacing(2);
        layout->addWidget(m_title);
        layout->addWidget(m_text);
    }

    void show(const Meaning &meaning)
    {
        m_kind = meaning.kind;
        m_left = meaning.isDetail ? DetailLeft : 0;
        layout()->setContentsMargins(m_left + TextLeft, 0, 0, 0);
        m_title->setText(meaning.title);
        m_text->setText(meaning.text);
        setVisible(true);
        update();
    }

    [[nodiscard]] QString line() const
    {
        return m_title->text() + QStringLiteral(": ") + m_text->text();
    }

protected:
    void paintEvent(QPaintEvent * /*event*/) override
    {
        QPainter painter(this);
        const StatusPalette colours = StatusPalette::of(palette());
        const int size = metrics::IconSize - 4;
        const QRectF place(m_left, m_title->geometry().center().y() - size / 2.0 + 0.5, size, size);
        if (m_kind == Meaning::Kind::Fine)
            paintIcon(&painter, place, Icon::Check, colours.text());
        else if (m_kind == Meaning::Kind::Notice)
            paintIcon(&painter, place, Icon::Info, colours.second());
        else
            paintIcon(&painter, place, Icon::Warn, colours.word(State::Near));
    }

private:
    Meaning::Kind m_kind = Meaning::Kind::Fine;
    int m_left = 0;
    QLabel *m_title;
    QLabel *m_text;
};

MeaningList::MeaningList(QWidget *parent) : QWidget(parent), m_layout(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("meaningList"));
    setAccessibleName(tr("What it means"));
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(metrics::CellPadding);
}

MeaningList::~MeaningList() = default;

// Widgets stay: a screen reader keeps its place while figures change.
void MeaningList::showMeanings(const QList<Meaning> &meanings)
{
    while (m_items.size() < meanings.size()) {
        m_items.append(new Item(this));
        m_layout->addWidget(m_items.last());
    }
    for (qsizetype i = 0; i < m_items.size(); ++i) {
        if (i < meanings.size())
            m_items.at(i)->show(meanings.at(i));
        else
            m_items.at(i)->hide();
    }
    setAccessibleDescription(lines().join(u'\n'));
}

QStringList MeaningList::lines() const
{
    QStringList texts;
    for (const Item *item : m_items) {
        if (!item->isHidden())
            texts += item->line();
    }
    return texts;
}

} // namespace sluice::ui
