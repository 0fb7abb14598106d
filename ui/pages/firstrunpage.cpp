// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/firstrunpage.h"

#include "ui/widgets/codesnippet.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/steplist.h"
#include "ui/widgets/theme.h"

#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using State_ = session::GatewaySession::State;
using Status = StepList::Status;

namespace {

constexpr int StepsWidth = 312;
constexpr int LogoSize = 56;

enum Step { GatewayStep, FileStep, ProviderStep, LimitStep, RequestStep };

QString shortPath(const QString &path)
{
    const QString home = QDir::homePath();
    const QString absolute = QDir::toNativeSeparators(QDir(path).absolutePath());
    return absolute.startsWith(home + u'/') ? QString(u'~' + absolute.sliced(home.size()))
                                            : absolute;
}

/// Names of the environment variables with provider secrets: set ones, or those that could be.
QStringList secretVariables(const config::Configuration &configuration, bool set)
{
    QStringList names;
    for (const config::Provider &provider : configuration.providers) {
        const QString name = QString::fromUtf8(provider.apiKeyEnv);
        const bool isSet = !qEnvironmentVariableIsEmpty(provider.apiKeyEnv.constData());
        if (!name.isEmpty() && isSet == set && !names.contains(name))
            names.append(name);
    }
    return names;
}

/// Nobody else can connect.
bool isLoopback(const QString &url)
{
    return url.contains("//127."_L1) || url.contains("//[::1]"_L1)
        || url.contains("//localhost"_L1);
}

class Logo final : public QWidget
{
public:
    explicit Logo(QWidget *parent) : QWidget(parent) { setFixedSize(LogoSize, LogoSize); }

protected:
    void paintEvent(QPaintEvent * /*event*/) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        paintProgramIcon(&painter, rect(), palette());
    }
};

} // namespace

FirstRunPage::FirstRunPage(session::GatewaySession &gateway, session::ConfigDraft &draft,
    session::RequestFeed &feed, QWidget *parent)
    : Page(parent), m_gateway(gateway), m_draft(draft), m_feed(feed)
{
    setObjectName(u"FirstRunPage"_s);
    setupUi();
    connect(&m_draft, &session::ConfigDraft::changed, this, &FirstRunPage::update);
    connect(
        &m_gateway, &session::GatewaySession::configurationApplied, this, &FirstRunPage::update);
    connect(
        &m_feed, &session::RequestFeed::appended, this, [this] { update(); },
        Qt::SingleShotConnection);
    update();
}

FirstRunPage::~FirstRunPage() = default;

void FirstRunPage::setKey(const QByteArray &key)
{
    m_key = key;
    update();
}

void FirstRunPage::setGatewayState(State_ /*state*/, const QString &reason)
{
    m_reason = reason;
    update();
}

// --- building ------------------------------------------------------------------------------------

QWidget *FirstRunPage::createHead()
{
    auto *head = new QWidget(this);
    m_title = new QLabel(head);
    m_title->setObjectName(u"startTitleLabel"_s);
    m_title->setWordWrap(true);
    Theme::setRole(m_title, FontRole::Title);
    m_note = new QLabel(head);
    m_note->setObjectName(u"startNoteLabel"_s);
    m_note->setWordWrap(true);
    Theme::setRole(m_note, FontRole::Text, true);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addStretch();
    words->addWidget(m_title);
    words->addWidget(m_note);
    words->addStretch();
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(metrics::PageMargin, 40, metrics::PageMargin, 36);
    layout->setSpacing(20);
    layout->addWidget(new Logo(head));
    layout->addLayout(words, 1);
    return head;
}

void FirstRunPage::setupUi()
{
    m_shell = new CodeSnippet(tr("Any OpenAI client"), tr("set two variables, change no code"),
        CodeSnippet::Language::Snippet, this);
    m_python = new CodeSnippet(tr("Python"), tr("with an end user and a policy of its own"),
        CodeSnippet::Language::Snippet, this);
    m_curl = new CodeSnippet(
        tr("Anthropic and everything else"), tr("with curl"), CodeSnippet::Language::Snippet, this);
    auto *snippets = new QVBoxLayout;
    snippets->setSpacing(24);
    for (CodeSnippet *snippet : {m_shell, m_python, m_curl})
        snippets->addWidget(snippet);
    snippets->addStretch(1);

    auto *title = new QLabel(tr("Getting started"), this);
    Theme::setRole(title, FontRole::Strong);
    m_steps = new StepList(this);
    m_steps->addStep(tr("Gateway"), {});
    m_steps->addStep(tr("Configuration"), {});
    m_steps->addStep(tr("Provider key"), {});
    m_steps->addStep(tr("First limit"), {}, tr("Add one"));
    m_steps->addStep(tr("First request"), {});
    connect(m_steps, &StepList::actionTriggered, this,
        [this] { Q_EMIT pageRequested(u"policies"_s, u"add"_s); });
    auto *steps = new QVBoxLayout;
    steps->setSpacing(0); // else it would take the gap of the columns over
    steps->addWidget(title);
    steps->addSpacing(metrics::PageMargin);
    steps->addWidget(m_steps);
    steps->addStretch(1);
    m_steps->setFixedWidth(StepsWidth);

    auto *body = new QWidget(this);
    auto *columns = new QHBoxLayout;
    columns->setContentsMargins(metrics::PageMargin, 32, metrics::PageMargin, metrics::PageMargin);
    columns->setSpacing(48);
    columns->addLayout(snippets, 1);
    columns->addLayout(steps);
    auto *layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(createHead());
    layout->addWidget(Theme::createRule(Qt::Horizontal, body));
    layout->addLayout(columns, 1);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(body);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);
}

// --- showing -------------------------------------------------------------------------------------

QString FirstRunPage::baseUrl() const
{
    if (!m_gateway.baseUrl().isEmpty())
        return QString::fromUtf8(m_gateway.baseUrl());
    const auto configuration = m_draft.runningConfiguration();
    const config::Server server = configuration ? configuration->server : config::Server();
    return u"http://%1:%2"_s.arg(server.address).arg(server.port);
}

bool FirstRunPage::needsKey() const
{
    const auto configuration = m_draft.runningConfiguration();
    return configuration && configuration->authentication;
}

void FirstRunPage::update()
{
    const bool hasRequest = m_feed.size() > 0;
    const auto configuration = m_draft.runningConfiguration();
    const bool keepsBodies = configuration && configuration->recording.keepsBodies();
    m_title->setText(hasRequest ? tr("The first request has arrived")
                                : tr("Point a client here, and watch its first request arrive"));
    m_note->setText(hasRequest ? tr("Usage and Requests show what happens now.")
            : keepsBodies
            ? tr("No traffic yet. Bodies of requests and answers are recorded: recording.bodies.")
            : tr("No traffic yet. Nothing is recorded but figures: bodies and secrets stay out."));
    updateSnippets();
    updateSteps();
}

void FirstRunPage::updateSnippets()
{
    const QString base = baseUrl();
    const QString key = !m_key.isEmpty() ? QString::fromUtf8(m_key)
        : needsKey()                     ? u"$SLUICE_KEY"_s
                                         : u"local"_s;
    QString comment;
    if (!needsKey())
        comment = tr("      # any text, keys are not checked yet");
    else if (m_key.isEmpty())
        comment = u"\n"_s
            + tr("# make a key: sluicectl keys add NAME --config %1")
                  .arg(shortPath(m_draft.path()));
    m_shell->setCode(
        u"export OPENAI_BASE_URL=%1/v1\nexport OPENAI_API_KEY=%2%3"_s.arg(base, key, comment));
    m_python->setCode(u"from openai import OpenAI\n"
                      "client = OpenAI(base_url=\"%1/v1\", default_headers={\n"
                      "    \"Helicone-User-Id\": \"alice\", \"Helicone-RateLimit-Policy\": "
                      "\"1000;w=3600;s=user\"})"_s.arg(base));
    m_curl->setCode(
        u"curl %1/anthropic/v1/messages \\\n"
        "     -H \"x-api-key: %2\" -H \"anthropic-version: 2023-06-01\" \\\n"
        "     -H \"content-type: application/json\" \\\n"
        "     -d '{\"model\":\"claude-haiku-4-5\",\"max_tokens\":64,\n"
        "          \"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}'"_s.arg(base, key));
}

QString FirstRunPage::gatewayNote() const
{
    switch (m_gateway.state()) {
    case State_::Running: {
        const QString url = baseUrl();
        const QString host = url.sliced(url.indexOf("//"_L1) + 2);
        return isLoopback(url) ? tr("runs on %1, this machine only").arg(host)
                               : tr("runs on %1").arg(host);
    }
    case State_::Starting:
        return tr("is starting");
    case State_::Failed:
        return m_reason;
    case State_::Stopped:
    case State_::Stopping:
        break;
    }
    return tr("is not running");
}

void FirstRunPage::updateSteps()
{
    const bool isRunning = m_gateway.state() == State_::Running;
    m_steps->setStep(GatewayStep, isRunning ? Status::Done : Status::Open, gatewayNote());
    const auto configuration = m_draft.runningConfiguration();
    m_steps->setStep(FileStep, configuration ? Status::Done : Status::Open,
        configuration ? shortPath(m_draft.path()) : tr("is not valid, see Policies"));
    const config::Configuration values = configuration ? *configuration : config::Configuration();
    const QStringList found = secretVariables(values, true);
    m_steps->setStep(ProviderStep, found.isEmpty() ? Status::Open : Status::Done,
        found.isEmpty()
            ? tr("%1 is not set").arg(secretVariables(values, false).value(0, u"OPENAI_API_KEY"_s))
            : tr("%1 found").arg(found.join(u", "_s)));
    const auto limits = qsizetype(values.limits.size());
    m_steps->setStep(LimitStep, limits == 0 ? Status::Open : Status::Done,
        limits == 0       ? tr("none yet, everything is let through")
            : limits == 1 ? tr("1 limit in force")
                          : tr("%1 limits in force").arg(limits));
    const bool hasRequest = m_feed.size() > 0;
    m_steps->setStep(RequestStep, hasRequest ? Status::Done : Status::Waiting,
        hasRequest ? tr("has arrived") : tr("waiting, it appears here at once"));
}

} // namespace sluice::ui
