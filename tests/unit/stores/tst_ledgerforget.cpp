// SPDX-License-Identifier: GPL-3.0-or-later
// What is forgotten is in no file any more, and all sums are as large as before.
#include "core/stores/ledger/ledgerfile.h"
#include "core/stores/ledger/ledgerforget.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/sqlite/database.h"
#include "recordkit.h"
#include "usagekit.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::ForgetRequest;
using stores::LedgerFile;
using stores::LedgerReader;
using stores::UsageQuery;
using Subject = ForgetRequest::Subject;
using Records = std::vector<RequestRecord>;

namespace {

constexpr std::chrono::milliseconds Start{1'772'460'132'000};
const QByteArray Name = "Somebody-Unmistakable";

std::vector<insight::FinishedRequests> rows(const Records &records)
{
    return {test::finished(records)};
}

/// As they are without the name.
Records withoutName(Records records, Subject subject)
{
    for (RequestRecord &record : records) {
        QByteArray &name =
            subject == Subject::User ? record.subject.endUser : record.subject.apiKey;
        if (name == Name)
            name = stores::ForgottenName;
    }
    return records;
}

} // namespace

class TestLedgerForget : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void leavesNoTraceAndAllSums_data();
    void leavesNoTraceAndAllSums();
    void worksBesideAGateway();
    void addsToWhatWasForgottenBefore();
    void isAudited();
    void saysWhenThereIsNothing();

private:
    [[nodiscard]] Records records(Subject subject, quint32 seed = 1) const;
    [[nodiscard]] ForgetRequest request(Subject subject) const;
    [[nodiscard]] bool isInFiles() const;
    void checkSums(const Records &all);
    qint64 number(const QString &sql);

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    test::StillClock m_clock;
};

void TestLedgerForget::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(u"ledger.sqlite"_s);
}

/// A quarter of them are the subject's.
Records TestLedgerForget::records(Subject subject, quint32 seed) const
{
    Records all = test::seededRecords(seed, 600, Start, 1h);
    for (size_t i = 0; i < all.size(); i += 4) {
        if (all[i].subject.apiKey.isEmpty())
            continue;
        (subject == Subject::User ? all[i].subject.endUser : all[i].subject.apiKey) = Name;
    }
    return all;
}

ForgetRequest TestLedgerForget::request(Subject subject) const
{
    ForgetRequest request;
    request.subject = subject;
    request.name = QString::fromUtf8(Name);
    request.actor = u"root"_s;
    request.now = Start;
    return request;
}

bool TestLedgerForget::isInFiles() const
{
    const QFileInfoList files = QDir(m_folder->path()).entryInfoList(QDir::Files);
    return std::any_of(files.begin(), files.end(), [](const QFileInfo &info) {
        QFile file(info.filePath());
        return file.open(QIODevice::ReadOnly) && file.readAll().contains(Name);
    });
}

void TestLedgerForget::checkSums(const Records &all)
{
    const auto reader = LedgerReader::open({m_path});
    QVERIFY(reader);
    for (const char *by : {"", "key", "user", "team,model,status"}) {
        for (const auto bucket :
            {std::optional<stores::UsageBucket>(), std::optional(stores::UsageBucket::Hour)}) {
            UsageQuery query;
            query.by = QString::fromLatin1(by).split(u',', Qt::SkipEmptyParts);
            query.bucket = bucket;
            const auto table = (*reader)->usage(query);
            QVERIFY(table);
            QCOMPARE(table->source, u"roll-ups"_s);
            QCOMPARE(test::groupsOf(*table, query), test::expectedUsage(all, query));
        }
    }
}

qint64 TestLedgerForget::number(const QString &sql)
{
    const auto reader = LedgerReader::open({m_path});
    return (*reader)->select(sql, 1)->rows.front().front().toLongLong();
}

void TestLedgerForget::leavesNoTraceAndAllSums_data()
{
    QTest::addColumn<int>("subject");
    QTest::addColumn<bool>("isSummedUp");
    for (const bool isSummedUp : {true, false}) {
        QTest::addRow("user %d", isSummedUp) << int(Subject::User) << isSummedUp;
        QTest::addRow("key %d", isSummedUp) << int(Subject::Key) << isSummedUp;
    }
}

void TestLedgerForget::leavesNoTraceAndAllSums()
{
    QFETCH(int, subject);
    QFETCH(bool, isSummedUp);
    const auto who = static_cast<Subject>(subject);
    const Records all = records(who);
    {
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
        QVERIFY(file.write(rows(all), {}));
        if (isSummedUp)
            QVERIFY(file.rollUp());
    }
    QVERIFY(isInFiles());
    const qint64 before = number(u"SELECT count(*) FROM requests"_s);
    const auto forgotten = stores::forget({m_path}, request(who));
    QVERIFY2(forgotten, qPrintable(forgotten ? QString() : forgotten.error().message));
    QVERIFY(forgotten->rows > 100);
    QVERIFY(forgotten->groups > 0);
    QVERIFY(forgotten->isWiped);
    QVERIFY2(!isInFiles(), "the name is still there");
    QCOMPARE(number(u"SELECT count(*) FROM requests"_s), before - forgotten->rows);
    checkSums(withoutName(all, who));
}

void TestLedgerForget::worksBesideAGateway()
{
    const Records first = records(Subject::User);
    LedgerFile gateway(m_path, m_clock);
    QVERIFY(gateway.open());
    QVERIFY(gateway.write(rows(first), {}));
    QVERIFY(gateway.hasSums()); // that it has in memory, under the name
    QVERIFY(stores::forget({m_path}, request(Subject::User)));
    Records second = test::seededRecords(9, 100, Start, 1h);
    QVERIFY(gateway.write(rows(second), {}));
    QVERIFY(gateway.rollUp());
    QVERIFY(!isInFiles());
    Records all = withoutName(first, Subject::User);
    all.insert(all.end(), second.begin(), second.end());
    checkSums(all);
}

void TestLedgerForget::addsToWhatWasForgottenBefore()
{
    Records all;
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    for (quint32 round = 1; round <= 3; ++round) {
        const Records some = records(Subject::Key, round);
        QVERIFY(file.write(rows(some), {}));
        QVERIFY(stores::forget({m_path}, request(Subject::Key)));
        const Records nameless = withoutName(some, Subject::Key);
        all.insert(all.end(), nameless.begin(), nameless.end());
    }
    checkSums(all);
}

void TestLedgerForget::isAudited()
{
    {
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
        QVERIFY(file.write(rows(records(Subject::User)), {}));
    }
    const auto forgotten = stores::forget({m_path}, request(Subject::User));
    const auto reader = LedgerReader::open({m_path});
    const auto table =
        (*reader)->select(u"SELECT actor, action, subject, value, after FROM audit"_s, 10);
    QCOMPARE(table->rows.size(), size_t(1));
    const QVariantList &row = table->rows.front();
    QCOMPARE(row.first(3), (QVariantList{u"root"_s, u"forget"_s, u"user"_s}));
    QVERIFY(row[3].toString().startsWith(u"sha256:"_s));
    QCOMPARE(row[4].toString(), u"{\"rows\":%1}"_s.arg(forgotten->rows));
    auto database = stores::sqlite::Database::open(m_path, {});
    for (const char *sql : {"DELETE FROM audit_log", "UPDATE audit_log SET actor = 'x'"})
        QVERIFY2(database->execute(sql).error().message.contains(u"append-only"_s), sql);
}

void TestLedgerForget::saysWhenThereIsNothing()
{
    const auto forgotten = stores::forget({m_path}, request(Subject::User));
    QCOMPARE(forgotten.error().code, ErrorCode::NotFound);
    QVERIFY(!QFile::exists(m_path));
    {
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
    }
    QCOMPARE(stores::forget({m_path}, request(Subject::User))->rows, 0);
}

QTEST_GUILESS_MAIN(TestLedgerForget)
#include "tst_ledgerforget.moc"
