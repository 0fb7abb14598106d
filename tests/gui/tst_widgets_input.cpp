// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, keys and screen readers on the widgets of the kit: real events, no private calls.
#include "ui/widgets/accessible.h"
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/codesnippet.h"
#include "ui/widgets/diffview.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/gaugebar.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/mainbutton.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/navigationlist.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/schedulepreview.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/statusbutton.h"
#include "ui/widgets/steplist.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/yamlhighlighter.h"

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>
#include <QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::ui;

namespace {

QString accessibleName(QWidget *widget)
{
    QAccessibleInterface *face = QAccessible::queryAccessibleInterface(widget);
    return face ? face->text(QAccessible::Name) : QString();
}

void showActive(QWidget &widget)
{
    widget.show();
    QVERIFY(QTest::qWaitForWindowActive(&widget));
}

} // namespace

class TestWidgetsInput : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        Theme::apply(ThemeMode::Light);
        installAccessibility();
    }

    // The offscreen platform says of every fixed size that it does not hand it on.
    void init()
    {
        QTest::failOnWarning(
            QRegularExpression(u"^(?!This plugin does not support propagateSizeHints).*"_s));
    }

    void segmentedIsChosenByMouseAndArrows()
    {
        Segmented choice(u"State"_s, {u"Off"_s, u"Shadow"_s, u"Enforced"_s});
        choice.setCurrentIndex(0);
        showActive(choice);
        QSignalSpy activated(&choice, &Segmented::activated);
        QTest::mouseClick(choice.button(1), Qt::LeftButton);
        QCOMPARE(choice.currentIndex(), 1);
        QTest::keyClick(choice.button(1), Qt::Key_Right);
        QCOMPARE(choice.currentIndex(), 2);
        QVERIFY(choice.button(2)->hasFocus());
        QTest::keyClick(choice.button(2), Qt::Key_Right); // the end
        QCOMPARE(choice.currentIndex(), 2);
        QTest::keyClick(choice.button(2), Qt::Key_Left);
        QCOMPARE(choice.currentIndex(), 1);
        QCOMPARE(activated.count(), 3);
        choice.setCurrentIndex(99);
        QCOMPARE(choice.currentIndex(), -1);
        QVERIFY(!choice.button(1)->isChecked());
        QCOMPARE(activated.count(), 3); // setting by code is not a choice
    }

    void fieldShowsAndClearsAnError()
    {
        FieldEdit field(u"Amount"_s);
        field.resize(120, 28);
        showActive(field);
        QTest::keyClicks(&field, u"2,50"_s);
        QCOMPARE(field.text(), u"2,50"_s);
        const QImage plain = field.grab().toImage();
        field.setError(u"money needs a point"_s);
        const StatusPalette colours(field.palette());
        const QImage marked = field.grab().toImage();
        QVERIFY(plain != marked);
        QCOMPARE(marked.pixelColor(60, 0), colours.solid(State::Refused));
        QCOMPARE(field.accessibleDescription(), u"money needs a point"_s);
        field.setError({});
        QCOMPARE(field.grab().toImage().pixelColor(60, 0), colours.solid(State::Normal));
        QSignalSpy cancelled(&field, &FieldEdit::cancelled);
        QTest::keyClick(&field, Qt::Key_Escape);
        QCOMPARE(cancelled.count(), 1);
    }

    void fieldTextNeverRunsUnderTheSuffix()
    {
        FieldEdit field(u"Amount"_s);
        field.setSuffix(u"requests per minute"_s);
        QVERIFY(field.textMargins().right()
            > QFontMetrics(Theme::font(FontRole::Small)).horizontalAdvance(field.suffix()));
    }

    void tabsChangeByMouseAndKeys()
    {
        TabBar tabs;
        tabs.addTab(u"Keys"_s);
        tabs.addTab(u"Users"_s);
        tabs.addTab(u"Teams"_s);
        showActive(tabs);
        QSignalSpy changed(&tabs, &QTabBar::currentChanged);
        const QSize before = tabs.sizeHint();
        QTest::mouseClick(&tabs, Qt::LeftButton, {}, tabs.tabRect(1).center());
        QCOMPARE(tabs.currentIndex(), 1);
        QCOMPARE(tabs.sizeHint(), before); // tabs do not move when another one is current
        tabs.setFocus();
        QTest::keyClick(&tabs, Qt::Key_Right);
        QCOMPARE(tabs.currentIndex(), 2);
        QCOMPARE(changed.count(), 2);
    }

    void filterTakesTextAndRemovesChips()
    {
        FilterEdit filter(u"Filter"_s);
        filter.resize(500, 30);
        filter.setChips(
            {{u"team"_s, u"core"_s, u"team:core"_s}, {u"not user"_s, u"bot"_s, u"-user:bot"_s}});
        showActive(filter);
        filter.setFocus();
        QSignalSpy changed(&filter, &FilterEdit::queryChanged);
        QSignalSpy submitted(&filter, &FilterEdit::submitted);
        QTest::keyClicks(filter.edit(), u"used>50"_s);
        QCOMPARE(filter.query(), u"team:core -user:bot used>50"_s);
        QTest::keyClick(filter.edit(), Qt::Key_Return);
        QCOMPARE(submitted.count(), 1);
        QTest::mouseClick(&filter, Qt::LeftButton, {}, filter.crossRect(0).center());
        QCOMPARE(filter.query(), u"-user:bot used>50"_s);
        QVERIFY(changed.count() >= 8);
    }

    void filterChipsAreReachedByKeys()
    {
        FilterEdit filter(u"Filter"_s);
        filter.resize(500, 30);
        filter.setChips(
            {{u"team"_s, u"core"_s, u"team:core"_s}, {u"not user"_s, u"bot"_s, u"-user:bot"_s}});
        showActive(filter);
        filter.setFocus();
        QTest::keyClick(filter.edit(), Qt::Key_Backspace); // first press marks, second removes
        QCOMPARE(filter.chips().size(), 2);
        QTest::keyClick(filter.edit(), Qt::Key_Left);
        QTest::keyClick(filter.edit(), Qt::Key_Delete);
        QCOMPARE(filter.query(), u"-user:bot"_s);
        QTest::keyClick(filter.edit(), Qt::Key_Escape);
        QCOMPARE(filter.query(), QString());
        QSignalSpy cancelled(&filter, &FilterEdit::cancelled);
        QTest::keyClick(filter.edit(), Qt::Key_Escape);
        QCOMPARE(cancelled.count(), 1);
    }

    void filterErrorIsSaidNotOnlyColoured()
    {
        FilterEdit filter(u"Filter"_s);
        filter.resize(300, 30);
        filter.setError(u"no such field: teem"_s);
        QCOMPARE(filter.edit()->accessibleDescription(), u"no such field: teem"_s);
        QCOMPARE(filter.toolTip(), u"no such field: teem"_s);
    }

    void navigationReportsPagesAndCollapses()
    {
        NavigationList list;
        list.addGroup(u"Watch"_s);
        list.addPage(u"overview"_s, Icon::Overview, u"Overview"_s);
        list.addPage(u"alerts"_s, Icon::Alerts, u"Alerts"_s);
        list.addGroup(u"Decide"_s);
        list.addPage(u"policies"_s, Icon::Policies, u"Policies"_s);
        QSignalSpy changed(&list, &NavigationList::currentPageChanged);
        list.setCurrentPage(u"nowhere"_s);
        QCOMPARE(list.currentPage(), u"overview"_s);
        showActive(list);
        QTest::keyClick(&list, Qt::Key_Down);
        QCOMPARE(list.currentPage(), u"alerts"_s);
        QTest::keyClick(&list, Qt::Key_Down); // over the group title
        QCOMPARE(list.currentPage(), u"policies"_s);
        QCOMPARE(changed.count(), 2);
        list.setBadge(u"alerts"_s, 3);
        const QModelIndex alerts = list.model()->index(2, 0);
        QCOMPARE(alerts.data(Qt::AccessibleTextRole).toString(), u"Alerts, 3"_s);
        const int wide = list.sizeHint().width();
        list.followWindowWidth(999);
        QVERIFY(list.isCollapsed());
        QVERIFY(list.width() < wide);
        QCOMPARE(alerts.data(Qt::ToolTipRole).toString(), u"Alerts"_s);
        list.followWindowWidth(1000);
        QVERIFY(!list.isCollapsed());
    }

    void scrollBarHandleIsDragged()
    {
        ScrollBar bar(Qt::Vertical);
        bar.setRange(0, 10'000);
        bar.setPageStep(10);
        bar.resize(10, 200);
        bar.show();
        QVERIFY(bar.handleRect().height() >= 24);
        QTest::mousePress(&bar, Qt::LeftButton, {}, bar.handleRect().center());
        QTest::mouseMove(&bar, QPoint(5, 150));
        QTest::mouseRelease(&bar, Qt::LeftButton, {}, QPoint(5, 150));
        QVERIFY(bar.value() > 5'000);
        const int value = bar.value();
        QTest::mouseClick(&bar, Qt::LeftButton, {}, QPoint(5, 2)); // beside the handle: one page
        QCOMPARE(bar.value(), value - 10);
    }

    void snippetIsCopied()
    {
        CodeSnippet snippet(u"Python"_s, u"with an end user"_s);
        snippet.setCode(u"from openai import OpenAI\n"_s);
        showActive(snippet);
        QSignalSpy copied(&snippet, &CodeSnippet::copied);
        QTest::mouseClick(snippet.copyButton(), Qt::LeftButton);
        QCOMPARE(copied.count(), 1);
        QCOMPARE(QGuiApplication::clipboard()->text(), snippet.code());
    }

    void messageOffersItsActions()
    {
        MessageBar bar;
        QVERIFY(bar.isHidden());
        bar.showMessage(State::Refused, u"Port 8080 is in use."_s);
        QAction *retry = bar.addAction(u"Retry"_s);
        QSignalSpy triggered(retry, &QAction::triggered);
        bar.resize(600, 40);
        showActive(bar);
        for (FlatButton *button : bar.findChildren<FlatButton *>()) {
            if (button->text() == "Retry"_L1)
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(triggered.count(), 1);
        QCOMPARE(accessibleName(&bar), u"Port 8080 is in use."_s);
    }

    void diffMarksTheChangedWord()
    {
        QList<DiffLine> lines{
            {DiffSide::Same, 29, u"    # raised"_s, {}},
            {DiffSide::Removed, 30, u"    capacity: 60"_s, {}},
            {DiffSide::Added, 30, u"    capacity: 90"_s, {}},
        };
        markChangedWords(lines);
        QVERIFY(lines.at(0).words.isEmpty());
        QCOMPARE(lines.at(1).words, (QList<std::pair<int, int>>{{14, 2}}));
        QCOMPARE(lines.at(2).words, (QList<std::pair<int, int>>{{14, 2}}));
        DiffView view;
        view.setLines(lines);
        QVERIFY(view.isReadOnly());
        QVERIFY(view.toPlainText().contains("capacity: 90"_L1));
        view.setLines({{DiffSide::Same, 1, u"  url: postgresql://me:secret@h/d"_s, {}}});
        QVERIFY(!view.toPlainText().contains("secret"_L1)); // in nobody's sight
        QVERIFY(view.toPlainText().contains("postgresql://me:"_L1));
    }

    void yamlPartsAreFound_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QList<SyntaxSpan>>("spans");
        const auto row = [](const char *name, const QString &line, const QList<SyntaxSpan> &spans) {
            QTest::newRow(name) << line << spans;
        };
        row("number", u"  capacity: 60"_s, {{12, 2, Syntax::Number}});
        row("duration", u"refill: 1h 30m # c"_s,
            {{8, 6, Syntax::Number}, {15, 3, Syntax::Comment}});
        row("text", u"mode: shadow"_s, {{6, 6, Syntax::Text}});
        row("flow", u"a: {b: 20, c: true}"_s, {{7, 2, Syntax::Number}, {14, 4, Syntax::Keyword}});
        row("quoted hash", u"k: \"a # b\""_s, {{3, 7, Syntax::Text}});
        row("hash inside", u"k: a#b"_s, {{3, 3, Syntax::Text}});
        row("anchor", u"x: &base"_s, {{3, 5, Syntax::Segment}});
        row("open quote", u"k: 'abc"_s, {{3, 4, Syntax::Text}});
        row("empty", QString(), {});
        row("braces", u"}]{["_s, {});
    }

    void yamlPartsAreFound()
    {
        QFETCH(QString, line);
        QFETCH(QList<SyntaxSpan>, spans);
        QCOMPARE(yamlSpans(line), spans);
    }

    void aGaugeHasRoleAndValue()
    {
        GaugeBar bar;
        bar.setGauge(format::gauge(Unit::Request, 58 * MicroPerUnit, 60 * MicroPerUnit));
        QAccessibleInterface *face = QAccessible::queryAccessibleInterface(&bar);
        QVERIFY(face);
        QCOMPARE(face->role(), QAccessible::ProgressBar);
        QVERIFY(face->valueInterface());
        QCOMPARE(face->valueInterface()->currentValue().toInt(), 96);
        QCOMPARE(face->text(QAccessible::Description), u"58 of 60 req, near limit"_s);

        BucketWidget bucket;
        BucketValue value;
        value.capacity = 60;
        bucket.setBucket(value);
        face = QAccessible::queryAccessibleInterface(&bucket);
        QVERIFY(face);
        QCOMPARE(face->role(), QAccessible::ProgressBar);
        QCOMPARE(face->text(QAccessible::Value), u"0 of 60 left"_s);
        QCOMPARE(face->valueInterface()->maximumValue().toInt(), 60);
    }

    void everyWidgetHasAName()
    {
        QTableView table;
        setUpTable(&table, u"Keys"_s);
        StatusButton status;
        status.setStatus(Sign::Disc, State::Normal, u"Running"_s);
        StepList steps;
        steps.addStep(u"Gateway"_s, u"runs"_s, u"Start"_s);
        CodeSnippet snippet(u"Python"_s, {});
        MessageBar message;
        Segmented segmented(u"State"_s, {u"Off"_s, u"On"_s});
        FieldEdit field(u"Amount"_s);
        FilterEdit filter(u"Filter"_s);
        MainButton main(u"&Apply"_s);
        TabBar tabs; // screen readers hear the current tab as its name
        tabs.addTab(u"Keys"_s);
        NavigationList navigation;
        DiffView diff;
        BucketWidget bucket;
        GaugeBar gauge;
        SchedulePreview schedule;
        const std::unique_ptr<FlatButton> flat(FlatButton::iconOnly(Icon::Columns, u"Columns"_s));
        const QList<QWidget *> tops{&table, &status, &steps, &snippet, &message, &segmented, &field,
            &filter, &main, &tabs, &navigation, &diff, &bucket, &gauge, &schedule, flat.get()};
        for (QWidget *top : tops) {
            QVERIFY2(!accessibleName(top).isEmpty(), top->metaObject()->className());
            const QList<QWidget *> children = top->findChildren<QWidget *>();
            for (QWidget *child : children) {
                const bool reached = child->focusPolicy() & Qt::TabFocus;
                if (reached && !qobject_cast<QAbstractItemView *>(child->parent()))
                    QVERIFY2(!accessibleName(child).isEmpty(), child->metaObject()->className());
            }
        }
        QCOMPARE(accessibleName(&main), u"Apply"_s);
    }

    void columnsAreAsWideAsTheirContent()
    {
        QTableView table;
        setUpTable(&table, u"Keys"_s);
        QStandardItemModel model(1, 2);
        model.setHorizontalHeaderLabels({u"Key"_s, u"Used / limit"_s});
        model.setData(model.index(0, 0), u"web-search"_s);
        model.setData(model.index(0, 0), u"sk-...31f9"_s, SecondTextRole);
        const GaugeValue gauge =
            format::gauge(Unit::Token, 1'618'400 * MicroPerUnit, 2'000'000 * MicroPerUnit);
        model.setData(model.index(0, 1), QVariant::fromValue(gauge), GaugeRole);
        table.setItemDelegate(new TextDelegate(&table));
        table.setItemDelegateForColumn(1, new QuotaGaugeDelegate(&table));
        table.setModel(&model);
        table.resizeColumnsToContents();
        const QFontMetrics metrics(table.font());
        QVERIFY(table.columnWidth(0) >= metrics.horizontalAdvance(u"web-search"_s)
                + metrics.horizontalAdvance(u"sk-...31f9"_s) + 8);
        QVERIFY(table.columnWidth(1) > 74 + metrics.horizontalAdvance(u"2 000 000 tok"_s));
        QCOMPARE(table.rowHeight(0), metrics.height() + 10);
    }
};

QTEST_MAIN(TestWidgetsInput)
#include "tst_widgets_input.moc"
