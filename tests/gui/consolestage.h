// SPDX-License-Identifier: GPL-3.0-or-later
// The console as a whole over a configuration of its own: real window, real gateway, a mock
// provider behind it and a real HTTP client before it. One for each test; GUI thread.
#pragma once

#include "app/console/application.h"
#include "core/base/secrets.h"
#include "core/demo/mockserver.h"
#include "tests/support/testclient.h"
#include "ui/contextbar.h"
#include "ui/mainwindow.h"
#include "ui/models/policytreemodel.h"
#include "ui/widgets/fieldedit.h"

#include <QAbstractButton>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

namespace sluice::test {

using namespace Qt::StringLiterals;

inline const QByteArray Secret = "sk-console-test-0123456789abcdef";
inline const QByteArray Limit = "global/per-api-key";
inline const QByteArray Chat =
    R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]})";

constexpr const char *Yaml = R"(# Kept as it is.
server: {port: 0}
helicone: {features: auth}
api-keys:
  - {name: ci, hash: "sha256:@HASH@"}
providers:
  openai: {base-url: "@MOCK@", api-key-env: SLUICE_TEST_SECRET, models: [gpt-4o-mini]}
global:
  rate-limit:
    per-api-key: {capacity: 2, refill-frequency: 1h}   # tight
)";

inline bool write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

/// A folder with a configuration and a console over it.
class ConsoleStage final
{
public:
    explicit ConsoleStage(QByteArray yaml = Yaml)
    {
        if (!m_mock.start({}))
            qFatal("no mock provider");
        yaml.replace("@MOCK@", m_mock.baseUrl());
        yaml.replace("@HASH@", hashApiKey(Secret));
        if (!write(path(), yaml))
            qFatal("cannot write the configuration");
    }

    void start(const std::function<void(console::CommandLine &)> &change = {})
    {
        console::CommandLine line;
        line.config = path();
        line.dataDir = folder.filePath(u"data"_s);
        if (change)
            change(line);
        app = std::make_unique<console::Application>(line);
        const auto started = app->start();
        if (!started)
            qFatal("%s", qPrintable(started.error().message));
        if (!QTest::qWaitForWindowActive(&app->window()))
            qFatal("no window");
    }

    [[nodiscard]] QString path() const { return folder.filePath(u"ai-gateway-config.yaml"_s); }

    [[nodiscard]] QByteArray file() const
    {
        QFile file(path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    [[nodiscard]] QTreeView *tree() const
    {
        return app->window().findChild<QTreeView *>(u"policyTreeView"_s);
    }

    [[nodiscard]] QModelIndex cell(const QByteArray &limit, int column) const
    {
        const auto *model = static_cast<const ui::PolicyTreeModel *>(tree()->model());
        return model->indexOf(limit).siblingAtColumn(column);
    }

    [[nodiscard]] QString amount() const
    {
        return cell(Limit, ui::PolicyTreeModel::AmountColumn).data().toString();
    }

    /// Types another amount into the table.
    void type(const QByteArray &limit, const QString &amount)
    {
        app->window().openPage(u"policies"_s, u"limit:"_s + QString::fromUtf8(limit));
        QCoreApplication::processEvents();
        tree()->setFocus();
        QTest::keyClick(tree(), Qt::Key_F2);
        auto *edit = tree()->viewport()->findChild<ui::FieldEdit *>();
        if (!edit)
            qFatal("no editor");
        QTest::keyClicks(edit, amount);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_VERIFY(app->draft().changeCount() > 0);
    }

    /// Ctrl+Return twice: review, apply.
    void reviewAndApply()
    {
        QTest::keyClick(&app->window(), Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(app->window().currentPage(), u"review"_s);
        QTest::keyClick(&app->window(), Qt::Key_Return, Qt::ControlModifier);
    }

    [[nodiscard]] int ask()
    {
        TestClient client(app->gateway().baseUrl());
        return client
            .post("/v1/chat/completions", Chat,
                {{"content-type", "application/json"}, {"authorization", "Bearer " + Secret}})
            .status;
    }

    [[nodiscard]] ui::ContextBar *bar() const { return app->window().contextBar(); }

    [[nodiscard]] QAbstractButton *barButton(const QString &text) const
    {
        for (QAbstractButton *button : bar()->findChildren<QAbstractButton *>()) {
            if (button->text().startsWith(text) && button->isVisible())
                return button;
        }
        return nullptr;
    }

    QTemporaryDir folder;
    std::unique_ptr<console::Application> app;

private:
    demo::MockServer m_mock;
};

} // namespace sluice::test
