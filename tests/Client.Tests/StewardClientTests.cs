using System.Diagnostics;
using System.Collections.Concurrent;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client.Tests;

[Collection(ClusterCollection.Name)]
public class StewardClientTests(ClusterFixture cluster)
{
    private static int _counter;

    private static readonly CallerIdentity Ada = new() { TenantId = "t-acme", UserId = "u-ada", Roles = ["employee"] };

    private readonly IStewardUserClient _ada = cluster.Client.For(Ada);
    private readonly string _session = $"s-{Interlocked.Increment(ref _counter)}";

    private string SessionKey => $"t-acme/u-ada/{_session}";

    [Fact]
    public async Task CreateSession_LostAnswers_OpensOneSessionUnderOneId()
    {
        cluster.Script.FailNext(SessionKey, "Open", new TimeoutException(), new TimeoutException());

        var session = await _ada.CreateSessionAsync(_session, "Title");

        Assert.Equal(_session, session.SessionId);
        Assert.Equal("Title", session.Title);
        Assert.Equal(3, cluster.Script.Calls(SessionKey, "Open"));
    }

    [Fact]
    public async Task CreateSession_WithoutId_DrawsAWellFormedOne()
    {
        var session = await _ada.CreateSessionAsync();

        Assert.True(GrainKeys.IsValidPart(session.SessionId, 's'), session.SessionId);
    }

    [Fact]
    public async Task GetSession_Unknown_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.GetSessionAsync(_session));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    [Fact]
    public async Task Submit_WithoutOperationIdAndLostAnswers_StartsOneRun()
    {
        cluster.Script.FailNext(SessionKey, "Submit", new TimeoutException(), new TimeoutException());

        var result = await _ada.SubmitAsync(_session, "hello");

        Assert.NotNull(result.RunId);
        Assert.Equal(3, cluster.Script.Calls(SessionKey, "Submit"));
        Assert.Single(cluster.Script.Operations.Keys, key => key.StartsWith(SessionKey + " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Submit_RunCannotBeginAtOnce_ReturnsWhenItIsKnown()
    {
        var submitting = _ada.SubmitAsync(_session, "later", "op-later");
        string? runId;
        while (!cluster.Script.Operations.TryGetValue($"{SessionKey} op-later", out runId) || cluster.Script.Calls($"t-acme/{runId}", "GetStatus") < 2)
        {
            await Task.Delay(10);
        }

        Assert.False(submitting.IsCompleted);
        cluster.Script.AddRun($"t-acme/{runId}", SessionKey, 3);

        var submitted = await submitting;
        Assert.Equal(runId, submitted.RunId);
        Assert.Equal(3, (await _ada.GetRunAsync(submitted.RunId!)).LastSequence);
    }

    [Fact]
    public async Task Submit_RunDoesNotBeginInTime_StandsAllTheSame()
    {
        var submitted = await _ada.SubmitAsync(_session, "later");

        Assert.Equal((SubmitOutcome.Started, true), (submitted.Outcome, submitted.StartsLater));
    }

    [Fact]
    public async Task Submit_WithinATrace_HandsItsContextOn()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        await _ada.SubmitAsync(_session, "hello", "op-traced", options: new RunRequestOptions { Agent = "network" });

        var command = Assert.Single(cluster.Script.Submitted, command => command.OperationId == "op-traced");
        Assert.Equal(("network", activity.Id), (command.Options!.Agent, command.Options.TraceParent));
    }

    [Fact]
    public async Task Decide_AnswerIsLost_IsNotRepeatedAndSaysThatTheOutcomeIsUnknown()
    {
        cluster.Script.AddRun("t-acme/r-decide", SessionKey, 1);
        cluster.Script.FailNext("t-acme/r-decide", "Decide", new TimeoutException());

        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.DecideAsync("r-decide", new MakeDecision { RequestId = "d-1", Decision = "approve", SubjectHash = "h" }));

        Assert.True(error.OutcomeUnknown);
        Assert.Equal(1, cluster.Script.Calls("t-acme/r-decide", "Decide"));
    }

    [Fact]
    public async Task GetRunTrace_OfNoRun_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.GetRunTraceAsync("r-nowhere"));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    [Fact]
    public async Task Submit_TooLongText_SendsNothing()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.SubmitAsync(_session, new string('x', 32_001)));

        Assert.Equal("text", error.Field);
        Assert.Equal(0, cluster.Script.Calls(SessionKey, "Submit"));
    }

    [Fact]
    public async Task Ask_LiveRun_StreamsToTheEnd()
    {
        Assert.Equal([1, 2, 3], await Sequences(_ada.AskAsync(_session, "hello")));
    }

    [Fact]
    public async Task Ask_BusySession_IsARetryableConflict()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Sequences(_ada.AskAsync(_session, "busy")));

        Assert.Equal(ErrorCodes.Conflict, error.Code);
        Assert.True(error.IsRetryable);
        Assert.Equal("one at a time", error.Message);
    }

    [Fact]
    public async Task ReadTranscript_ManyPages_YieldsAllInOrder()
    {
        var sequences = new List<long>();
        await foreach (var message in _ada.ReadTranscriptAsync(_session, 7))
        {
            sequences.Add(message.Sequence);
        }

        Assert.Equal(Enumerable.Range(8, 443).Select(number => (long)number), sequences);
    }

    [Fact]
    public async Task WatchRun_ActivationsThatEnd_ContinuesWithoutGapsAndRepetitions()
    {
        var runKey = $"t-acme/r-moves{_session}";
        cluster.Script.AddRun(runKey, SessionKey, 40);
        cluster.Script.Deactivations[runKey] = new ConcurrentQueue<int>([5, 0, 11]);

        var sequences = await Sequences(_ada.WatchRunAsync(GrainKeys.LastPart(runKey)));

        Assert.Equal(Enumerable.Range(1, 40).Select(number => (long)number), sequences);
        Assert.True(cluster.Script.Calls(runKey, "Watch") >= 4, $"{cluster.Script.Calls(runKey, "Watch")} subscriptions");
    }

    [Fact]
    public async Task WatchRun_FromTheMiddle_StartsAfterTheNumberGiven()
    {
        var runKey = $"t-acme/r-middle{_session}";
        cluster.Script.AddRun(runKey, SessionKey, 9);

        Assert.Equal([7, 8, 9], await Sequences(_ada.WatchRunAsync(GrainKeys.LastPart(runKey), 6)));
    }

    [Theory]
    [InlineData("t-acme/u-eve/s-1")]
    [InlineData("t-acme/u-adamant/s-1")]
    public async Task Run_OfAnotherUser_IsNotFound(string owner)
    {
        var runKey = $"t-acme/r-eve{_session}";
        cluster.Script.AddRun(runKey, owner, 3);
        var runId = GrainKeys.LastPart(runKey);

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => _ada.GetRunAsync(runId))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Sequences(_ada.WatchRunAsync(runId)))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => _ada.CancelRunAsync(runId))).Code);
        Assert.Equal(0, cluster.Script.Calls(runKey, "Cancel"));
        Assert.Equal(0, cluster.Script.Calls(runKey, "Watch"));
    }

    [Fact]
    public async Task Run_OfAnotherTenant_IsNotFound()
    {
        cluster.Script.AddRun($"t-other/r-other{_session}", "t-other/u-ada/s-1", 3);

        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.GetRunAsync($"r-other{_session}"));

        Assert.Equal(ErrorCodes.NotFound, error.Code);
    }

    [Fact]
    public async Task Calls_OfEveryKind_CarryTheEnvelope()
    {
        var before = cluster.Script.Refused.Count;

        await _ada.CreateSessionAsync(_session);
        await _ada.GetSessionAsync(_session);
        await _ada.ReadTranscriptPageAsync(_session);
        var events = await Sequences(_ada.AskAsync(_session, "hello"));
        var submitted = await _ada.SubmitAsync(_session, "again");
        await _ada.GetRunAsync(submitted.RunId!);
        await _ada.CancelRunAsync(submitted.RunId!, "no longer needed");
        await cluster.Client.Tenants.ConfigureAsync("t-acme", new TenantProfile { Name = "Acme" });

        Assert.Equal(3, events.Count);
        Assert.Equal(before, cluster.Script.Refused.Count);
        Assert.Null(Orleans.Runtime.RequestContext.Get(IdentityContext.Key));
    }

    [Fact]
    public async Task AddApiKey_LostAnswer_IsNotRepeatedAndSaysThatTheOutcomeIsUnknown()
    {
        cluster.Script.FailNext("t-keys", "AddApiKey", new TimeoutException());
        var key = new ApiKeyRecord { KeyId = "k1", SecretHash = [1], Identity = Ada, CreatedAt = DateTimeOffset.UnixEpoch };

        var error = await Assert.ThrowsAsync<StewardException>(() => cluster.Client.Tenants.AddApiKeyAsync("t-keys", key));

        Assert.True(error.OutcomeUnknown);
        Assert.Equal(1, cluster.Script.Calls("t-keys", "AddApiKey"));
    }

    [Fact]
    public async Task RevokeApiKey_LostAnswer_IsNotRepeated()
    {
        cluster.Script.FailNext("t-keys2", "RevokeApiKey", new TimeoutException());

        await Assert.ThrowsAsync<StewardException>(() => cluster.Client.Tenants.RevokeApiKeyAsync("t-keys2", "k1"));

        Assert.Equal(1, cluster.Script.Calls("t-keys2", "RevokeApiKey"));
    }

    [Fact]
    public async Task ErrorOfAGrain_ComesBackWithAllItSays()
    {
        cluster.Script.FailNext(SessionKey, "GetInfo", new StewardException(ErrorCodes.Conflict, "said") { Field = "x", RetryAfter = TimeSpan.FromSeconds(3), OutcomeUnknown = true });

        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.GetSessionAsync(_session));

        Assert.Equal((ErrorCodes.Conflict, "said", "x", TimeSpan.FromSeconds(3), true), (error.Code, error.Message, error.Field, error.RetryAfter, error.OutcomeUnknown));
    }

    [Fact]
    public async Task DefectOfAGrain_ShowsNothingOfIt()
    {
        cluster.Script.FailNext(SessionKey, "GetInfo", new InvalidOperationException("secret"));

        var error = await Assert.ThrowsAsync<StewardException>(() => _ada.GetSessionAsync(_session));

        Assert.Equal(ErrorCodes.Internal, error.Code);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void For_PlatformRole_IsForbidden()
    {
        var error = Assert.Throws<StewardException>(() => cluster.Client.For(Ada with { Roles = ["employee", WellKnownRoles.System] }));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }

    [Theory]
    [InlineData("acme", "u-ada")]
    [InlineData("t-acme", "ada")]
    [InlineData("t-acme/u-eve", "u-ada")]
    public void For_MalformedIdentity_IsRefused(string tenant, string user) =>
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<StewardException>(() => cluster.Client.For(Ada with { TenantId = tenant, UserId = user })).Code);

    private static async Task<List<long>> Sequences(IAsyncEnumerable<RunEvent> events)
    {
        var sequences = new List<long>();
        await foreach (var runEvent in events)
        {
            sequences.Add(runEvent.Sequence);
        }

        return sequences;
    }
}
