// SPDX-License-Identifier: GPL-3.0-or-later
// The Policies page over a real draft of a real file, worked on by keys and clicks. GUI thread.
#pragma once

#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/models/policytreemodel.h"
#include "ui/pages/policiespage.h"
#include "ui/widgets/fieldedit.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QFile>
#include <QMenu>
#include <QTableView>
#include <QTemporaryDir>
#include <QTreeView>

namespace sluice::test {

using namespace Qt::StringLiterals;
using ui::PolicyTreeModel;

inline const QByteArray Prod = "routers/prod/per-api-key";

/// The page over a real draft of a real file, and what a person does with it.
struct PolicyStage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    std::unique_ptr<ui::PoliciesPage> page;
    QTreeView *tree = nullptr;

    explicit PolicyStage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        page = std::make_unique<ui::PoliciesPage>(draft, live.usage);
        page->resize(1095, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
        tree = find<QTreeView>("policyTreeView");
    }

    template <typename Widget> [[nodiscard]] Widget *find(const char *name) const
    {
        return page->findChild<Widget *>(QLatin1StringView(name));
    }

    [[nodiscard]] QModelIndex cell(const QByteArray &limit, int column) const
    {
        const auto *model = static_cast<const PolicyTreeModel *>(tree->model());
        return model->indexOf(limit).siblingAtColumn(column);
    }

    void click(const QByteArray &limit, int column) const
    {
        QCoreApplication::processEvents();
        QTest::mouseClick(
            tree->viewport(), Qt::LeftButton, {}, tree->visualRect(cell(limit, column)).center());
    }

    /// Opens the editor of a cell by F2.
    ui::FieldEdit *edit(const QByteArray &limit, int column) const
    {
        click(limit, column);
        QTest::keyClick(tree, Qt::Key_F2);
        return tree->viewport()->findChild<ui::FieldEdit *>();
    }

    [[nodiscard]] QByteArray text() const { return draft.text(); }

    /// Replaces the text of a field of the form.
    void type(const char *name, const QString &text) const
    {
        auto *edit = find<ui::FieldEdit>(name);
        edit->setFocus();
        edit->selectAll();
        if (text.isEmpty())
            QTest::keyClick(edit, Qt::Key_Delete);
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }

    /// Chooses by keys, as the popup would.
    void choose(const char *name, const QString &text) const
    {
        auto *box = find<QComboBox>(name);
        const int wanted = box->findText(text);
        if (wanted < 0)
            qFatal("no such choice: %s", qPrintable(text));
        box->setFocus();
        while (box->currentIndex() != wanted) {
            const int before = box->currentIndex();
            box->showPopup();
            box->view()->setCurrentIndex(box->model()->index(wanted, 0));
            QTest::keyClick(box->view(), Qt::Key_Return);
            if (box->currentIndex() == before)
                return; // refused
        }
    }

    /// Opens the editor of a cell of a table by F2 and commits a text.
    static void typeCell(QTableView *table, int row, int column, const QString &text)
    {
        table->setFocus();
        table->setCurrentIndex(table->model()->index(row, column));
        QTest::keyClick(table, Qt::Key_F2);
        auto *edit = table->findChild<ui::FieldEdit *>();
        if (!edit)
            qFatal("no editor");
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
        QCoreApplication::processEvents(); // a commit is queued
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
};

/// Limits that are no buckets, in both styles.
inline QByteArray windows()
{
    return "server: {port: 0}\n"
           "global:\n  rate-limit:\n"
           "    spend-limits: # money\n"
           "      - name: team-month\n        per: team\n        cents: 50000\n"
           "        period: month # closes on Fridays\n        timezone: Asia/Tokyo\n"
           "    usage-limits:\n"
           "      - {name: user-hour, per: end-user, requests: 300, period: 1h, overrides: "
           "{alice: {requests: 9}}}\n"
           "    policies:\n"
           "      - \"1000;w=3600;s=user\" # everybody\n";
}

inline QAction *actionOf(const QMenu *menu, const QString &text)
{
    for (QAction *action : menu->actions()) {
        if (action->text() == text)
            return action;
    }
    return nullptr;
}

/// Opens a submenu by keys.
inline QMenu *open(QMenu *menu, const QString &text)
{
    QAction *action = actionOf(menu, text);
    if (!action || !action->menu())
        return nullptr;
    menu->setActiveAction(action);
    QTest::keyClick(menu, Qt::Key_Right);
    return QTest::qWaitFor([action] { return action->menu()->isVisible(); }) ? action->menu()
                                                                             : nullptr;
}

} // namespace sluice::test
