// SPDX-License-Identifier: GPL-3.0-or-later
// Start: where to point a client, as snippets to copy, and how far the set-up has come. GUI thread;
// owned by the main window.
#pragma once

#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "core/session/requestfeed.h"
#include "ui/pages/page.h"

class QLabel;

namespace sluice::ui {

class CodeSnippet;
class StepList;

class FirstRunPage final : public Page
{
    Q_OBJECT

public:
    /// The facades must outlive the page.
    FirstRunPage(session::GatewaySession &gateway, session::ConfigDraft &draft,
        session::RequestFeed &feed, QWidget *parent = nullptr);
    ~FirstRunPage() override;
    Q_DISABLE_COPY_MOVE(FirstRunPage)

    /// A key that works and may be shown: the demo's. Otherwise the snippets say how to make one.
    void setKey(const QByteArray &key);

    void setGatewayState(session::GatewaySession::State state, const QString &reason) override;

private:
    void setupUi();
    QWidget *createHead();
    void update();
    void updateSnippets();
    void updateSteps();
    [[nodiscard]] QString baseUrl() const;
    [[nodiscard]] bool needsKey() const;
    [[nodiscard]] QString gatewayNote() const;

    session::GatewaySession &m_gateway;
    session::ConfigDraft &m_draft;
    session::RequestFeed &m_feed;
    QByteArray m_key;
    QString m_reason; ///< why the gateway failed
    QLabel *m_title = nullptr;
    QLabel *m_note = nullptr;
    CodeSnippet *m_shell = nullptr;
    CodeSnippet *m_python = nullptr;
    CodeSnippet *m_curl = nullptr;
    StepList *m_steps = nullptr;
};

} // namespace sluice::ui
