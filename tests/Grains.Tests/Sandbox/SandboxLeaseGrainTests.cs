using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Sandbox;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Grains.Tests.Sandbox;

[Collection(SandboxClusterGroup.Name)]
public sealed class SandboxLeaseGrainTests
{
    private readonly SandboxCluster _cluster;
    private readonly string _id = SandboxCluster.NewId();

    public SandboxLeaseGrainTests(SandboxCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada", "hr");
    }

    private ISandboxLeaseGrain Lease => _cluster.Lease(_id);

    [Fact]
    public async Task Start_Code_RunsAndKeepsTextTablesChartsAndFiles()
    {
        var started = await Lease.Start(SandboxCluster.Code("say hello", "chart", "table", "file report.csv a,b"));
        var ended = await SandboxCluster.EndedAsync(Lease);

        Assert.False(started.HasEnded);
        Assert.Equal(SandboxState.Finished, ended.State);
        Assert.Equal("hello\n", ended.Result!.Text);
        Assert.Equal("""[["2026-W10",3],["2026-W11",5]]""", Assert.Single(ended.Result.Tables).Rows);
        Assert.Equal(["chart-1.png", "report.csv"], ended.Result.Files.Select(file => file.Name));
        Assert.Equal("a,b", Encoding.UTF8.GetString((await Lease.ReadFile("report.csv"))!));
        Assert.Equal(ended.Result.Files[0].Hash, ContentHash.Of((await Lease.ReadFile("chart-1.png"))!));
        Assert.Null(await Lease.ReadFile("other.csv"));
    }

    [Fact]
    public async Task Watch_FromAnywhere_GivesOutputAsItComesAndEndsWithTheState()
    {
        await Lease.Start(SandboxCluster.Code("say one", $"hold {_id}", "say two"));
        var seen = new List<SandboxEvent>();
        await foreach (var next in Lease.Watch(0))
        {
            seen.Add(next);
            if (next.Text == "one\n")
            {
                _cluster.Pool.Release(_id);
            }
        }

        var again = await SeenAsync(2);

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen.Select(next => next.Sequence));
        Assert.Equal(["one\n", "two\n"], seen.Where(next => next.Kind == SandboxEventKind.Text).Select(next => next.Text));
        Assert.Equal([SandboxState.Granted, SandboxState.Running], seen.Where(next => next.Kind == SandboxEventKind.State).Select(next => next.State));
        Assert.Equal(1, Assert.Single(seen, next => next.Kind == SandboxEventKind.Queued).Position);
        Assert.Equal((SandboxEventKind.Ended, SandboxState.Finished), (seen[^1].Kind, seen[^1].State));
        Assert.Equal(seen.Skip(2), again);
    }

    [Fact]
    public async Task Start_Again_StartsNothing()
    {
        await Lease.Start(SandboxCluster.Code($"say {_id}"));
        await SandboxCluster.EndedAsync(Lease);

        var again = await Lease.Start(SandboxCluster.Code("say another"));

        Assert.Equal($"{_id}\n", again.Result!.Text);
        Assert.Single(_cluster.Pool.Jobs, job => job.ExecutionId == _id);
    }

    [Fact]
    public async Task Start_SameIdBySomebodyElse_DoesNotExistForThem()
    {
        await Lease.Start(SandboxCluster.Code("file secret.txt x"));
        await SandboxCluster.EndedAsync(Lease);
        _cluster.SignIn("t-acme", "u-eve", WellKnownRoles.Admin);

        Assert.Null(await Lease.Get());
        await NotFoundAsync(() => Lease.Start(SandboxCluster.Code("say mine")));
        await NotFoundAsync(() => Lease.Cancel());
        await NotFoundAsync(() => Lease.ReadFile("secret.txt"));
        await NotFoundAsync(async () => await SeenAsync(0));
        _cluster.SignIn("t-globex", "u-ada", "hr");
        await NotFoundAsync(() => Lease.Get());
    }

    [Theory]
    [InlineData("ruby", "puts 1", "language")]
    [InlineData("python", " ", "code")]
    [InlineData("PYTHON", "1", "language")]
    public async Task Start_Nonsense_NamesTheField(string language, string code, string field)
    {
        var refused = await Assert.ThrowsAsync<StewardException>(() => Lease.Start(new StartSandboxExecution { Language = language, Code = code }));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (refused.Code, refused.Field));
        Assert.Null(await Lease.Get());
    }

    [Theory]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("line\nbreak")]
    [InlineData("-rf")]
    public async Task Start_FileWithABadName_IsRefused(string name)
    {
        var command = SandboxCluster.Code("say x") with { Files = [new SandboxInputFile { Name = name, Content = [1] }] };

        Assert.Equal("files", (await Assert.ThrowsAsync<StewardException>(() => Lease.Start(command))).Field);
    }

    [Theory]
    [InlineData("pro", 4)]
    [InlineData("enterprise", 8)]
    public async Task Start_OfATenantOfATier_HasItsShareOfThePool(string tier, double weight)
    {
        var tenant = "t-" + Guid.NewGuid().ToString("n");
        _cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await _cluster.Grains.GetGrain<ITenantGrain>(tenant).Configure(new TenantProfile { Name = "Tiered", Tier = tier });
        var word = "say " + tenant;

        // The profile is read beside the first one.
        await Conversing.UntilAsync(async () =>
        {
            var lease = _cluster.Lease(SandboxCluster.NewId(), tenant);
            await lease.Start(SandboxCluster.Code(word));
            await SandboxCluster.EndedAsync(lease);
            return _cluster.Pool.Jobs.Count(job => job.Code == word) >= 2 && _cluster.Pool.Jobs.Last(job => job.Code == word).Weight.Equals(weight);
        });
    }

    [Fact]
    public async Task Cancel_CodeThatRuns_StopsItAndKeepsWhatItSaid()
    {
        await Lease.Start(SandboxCluster.Code("say before", $"hold {_id}"));
        await Conversing.UntilAsync(async () => (await Lease.Get())!.State == SandboxState.Running);

        await Lease.Cancel();
        var ended = await SandboxCluster.EndedAsync(Lease);

        Assert.Equal((SandboxState.Cancelled, "cancelled", "before\n"), (ended.State, ended.Result!.Code, ended.Result.Text));
        Assert.True(_cluster.Pool.Stopped[_id]);
        Assert.Equal(ended, await Lease.Cancel() with { Result = ended.Result });
    }

    [Theory]
    [InlineData("hold", true)]
    [InlineData("stubborn", false)]
    public async Task Deadline_CodeThatGoesOn_IsStoppedAndTimedOutEvenIfThePoolDoesNotAnswer(string word, bool isStopped)
    {
        await Lease.Start(SandboxCluster.Code("say before", $"{word} {_id}") with { IsBackground = true });
        var ended = await SandboxCluster.EndedAsync(Lease);
        _cluster.Pool.Release(_id);

        Assert.Equal((SandboxState.TimedOut, "timed_out"), (ended.State, ended.Result!.Code));
        Assert.Equal(isStopped, _cluster.Pool.Stopped.ContainsKey(_id));
    }

    [Fact]
    public async Task Deadline_OfWhoeverAsksIsEarlier_EndsTheExecutionThen()
    {
        var deadline = _cluster.Time.GetUtcNow().AddMilliseconds(300);
        var started = await Lease.Start(SandboxCluster.Code($"hold {_id}") with { Deadline = deadline });
        var ended = await SandboxCluster.EndedAsync(Lease);

        Assert.InRange(started.Deadline, deadline.AddMilliseconds(-1), deadline.AddMilliseconds(1));
        Assert.Equal((SandboxState.TimedOut, "timed_out"), (ended.State, ended.Result!.Code));
        Assert.True(_cluster.Pool.Stopped[_id]);
    }

    [Theory]
    [InlineData(null, 90)]
    [InlineData(3600, 90)]
    [InlineData(20, 20)]
    [InlineData(-5, 0)]
    public void Patience_IsTheLowerOfItsOwnAndThatOfWhoeverAsks(int? left, int expected)
    {
        var now = DateTimeOffset.UnixEpoch;
        var patience = LeaseRules.Patience(SandboxCluster.Code("say x") with { Deadline = left is { } seconds ? now.AddSeconds(seconds) : null }, new SandboxLeaseOptions(), now);

        Assert.Equal(expected, (int)patience.TotalSeconds);
        Assert.True(patience > TimeSpan.Zero);
    }

    [Fact]
    public async Task ReadFile_ManyAtOnceWhileItRuns_AnswersAtOnce()
    {
        await Lease.Start(SandboxCluster.Code("file a.txt x", $"hold {_id}"));

        var files = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Lease.ReadFile("a.txt")));

        Assert.All(files, Assert.Null);
        _cluster.Pool.Release(_id);
        await SandboxCluster.EndedAsync(Lease);
        Assert.NotNull(await Lease.ReadFile("a.txt"));
    }

    [Theory]
    [InlineData("refuse", "code_refused")]
    [InlineData("unstarted", "busy")]
    [InlineData("throw", "internal")]
    [InlineData("fail no such column", "code_failed")]
    public async Task Start_CodeThatComesToNothing_FailsWithItsReason(string code, string expected)
    {
        await Lease.Start(SandboxCluster.Code(code));
        var ended = await SandboxCluster.EndedAsync(Lease);

        Assert.Equal((SandboxState.Failed, expected), (ended.State, ended.Result!.Code));
        Assert.NotEmpty(ended.Result.Reason);
        Assert.Equal(code == "refuse", ended.Result.Findings is [{ Line: 3, Rule: "import" }]);
    }

    [Fact]
    public async Task Start_Sql_IsTheDataSourcesAnswerWithThePersonsRights()
    {
        await Lease.Start(new StartSandboxExecution { Language = "sql", Code = "SELECT * FROM salaries" });
        var ended = await SandboxCluster.EndedAsync(Lease);
        _cluster.SignIn("t-acme", "u-bob", "staff");
        var other = _cluster.Lease(SandboxCluster.NewId());
        await other.Start(new StartSandboxExecution { Language = "sql", Code = "SELECT * FROM salaries" });
        var refused = await SandboxCluster.EndedAsync(other);

        Assert.Equal("""[["u-ada of t-acme",1000]]""", Assert.Single(ended.Result!.Tables).Rows);
        Assert.Equal((SandboxState.Failed, "refused"), (refused.State, refused.Result!.Code));
        Assert.Empty(refused.Result.Tables);
    }

    [Fact]
    public async Task Data_OfCode_IsThePersonsAndHasAnAuditEntryEach()
    {
        var earlier = SandboxCluster.NewId();
        await _cluster.Lease(earlier).Start(SandboxCluster.Code("file report.csv mine"));
        await SandboxCluster.EndedAsync(_cluster.Lease(earlier));
        await Lease.Start(SandboxCluster.Code("sql SELECT 1", $"open {earlier}/report.csv", "connector desk.note {\"text\":\"x\"}", "connector sandbox.run_code {}", "open ../etc/passwd"));
        var ended = await SandboxCluster.EndedAsync(Lease);
        _cluster.SignIn("t-acme", "u-eve");
        var eve = _cluster.Lease(SandboxCluster.NewId());
        await eve.Start(SandboxCluster.Code("sql SELECT 1", $"open {earlier}/report.csv"));
        var refused = await SandboxCluster.EndedAsync(eve);

        Assert.Equal("[[\"u-ada of t-acme\",1000]]\nmine\nrefused\nnot_found\nnot_found\n", ended.Result!.Text);
        Assert.Equal("refused\nnot_found\n", refused.Result!.Text);
        Assert.False(_cluster.Desk.Effects.ContainsKey("x"));
        var entries = _cluster.Audit.Entries.Where(entry => entry.Arguments.Contains(_id, StringComparison.Ordinal)).ToList();
        Assert.Equal([("sql", "succeeded"), ("file", "succeeded"), ("connector", "refused"), ("connector", "not_found"), ("file", "not_found")], entries.Select(entry => (entry.Operation, entry.Outcome)));
        Assert.All(entries, entry => Assert.Equal(("t-acme", "u-ada"), (entry.TenantId, entry.UserId)));
        Assert.All(entries, entry => Assert.DoesNotContain("SELECT", entry.Arguments, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Journal_OfALease_HoldsTheCodeSealedOnly()
    {
        await Lease.Start(SandboxCluster.Code("say the quick brown fox"));
        await SandboxCluster.EndedAsync(Lease);
        var entries = await _cluster.Journals.ReadAsync(GrainKeys.SandboxLease("t-acme", _id), 0, 100);
        var request = System.Text.Json.JsonSerializer.Deserialize(entries[0].Payload.Span, LeaseJson.Default.LeaseRequested)!;
        var kept = await _cluster.Silo.GetRequiredService<IContentStore>().ReadAsync("t-acme", request.SealedCode);

        Assert.Equal(
            [LeaseRecordTypes.Requested, LeaseRecordTypes.Granted, LeaseRecordTypes.Running, LeaseRecordTypes.Ended, LeaseRecordTypes.Destroyed], entries.Select(entry => entry.Type));
        Assert.All(entries, entry => Assert.DoesNotContain("quick brown", Encoding.UTF8.GetString(entry.Payload.Span), StringComparison.Ordinal));
        var text = Encoding.UTF8.GetString(kept!.Value.Span);
        Assert.DoesNotContain("quick brown", text, StringComparison.Ordinal);
        var sealer = _cluster.Silo.GetRequiredService<SecretSealer>();
        Assert.True(sealer.TryOpen(text, SandboxLeaseGrain.CodePlace("t-acme", request.CodeHash), out var code));
        Assert.Equal("say the quick brown fox", code.Reveal());
        Assert.False(sealer.TryOpen(text, SandboxLeaseGrain.CodePlace("t-globex", request.CodeHash), out _));
    }

    private async Task<List<SandboxEvent>> SeenAsync(long after)
    {
        var seen = new List<SandboxEvent>();
        await foreach (var next in Lease.Watch(after))
        {
            seen.Add(next);
        }

        return seen;
    }

    private static async Task NotFoundAsync(Func<Task> call) => Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(call)).Code);
}
