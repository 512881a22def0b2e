using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Identity;
using Steward.Sandbox;
using Steward.Storage;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>The state machine of leases against a model of it: whatever is journaled in whatever order, a lease goes forward only, ends once, and is destroyed after its end.</summary>
public sealed class LeaseFoldTests
{
    private static readonly SandboxState[] Ends = [SandboxState.Finished, SandboxState.Failed, SandboxState.TimedOut, SandboxState.Cancelled];

    private static readonly (string Type, SandboxState End)[] Steps =
    [
        (LeaseRecordTypes.Requested, default), (LeaseRecordTypes.Granted, default), (LeaseRecordTypes.Running, default), (LeaseRecordTypes.Destroyed, default),
        .. Ends.Select(end => (LeaseRecordTypes.Ended, end)),
    ];

    [Fact]
    public void Apply_AnySequence_FollowsTheModel() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(Gen.Choose(0, Steps.Length - 1).ListOf().ToArbitrary(), numbers =>
    {
        var fold = new LeaseFold();
        var model = "new";
        var history = new List<SandboxState>();
        long sequence = 0;
        foreach (var (type, end) in numbers.Select(number => Steps[number]))
        {
            var next = Model(model, type, end);
            Assert.Equal(next != model, fold.Takes(type, end));
            fold.Apply(Entry(++sequence, type, end));
            model = next;
            history.Add(fold.State);
            Assert.Equal(model, Name(fold));
            Assert.Equal(fold.End is not null, fold.State >= SandboxState.Finished);
            Assert.Equal(fold.End is not null, fold.EndedAt is not null);
        }

        Assert.Equal(history.Order(), history.Where(state => state < SandboxState.Finished).Concat(history.Where(state => state >= SandboxState.Finished)));
        Assert.True(history.Where(state => state >= SandboxState.Finished).Distinct().Count() <= 1);
        Reread(fold);
    }));

    private static string Model(string state, string type, SandboxState end) => (state, type) switch
    {
        ("new", LeaseRecordTypes.Requested) => "requested",
        ("requested", LeaseRecordTypes.Granted) => "granted",
        ("granted", LeaseRecordTypes.Running) => "running",
        ("running", LeaseRecordTypes.Ended) => end.ToString(),
        ("requested" or "granted", LeaseRecordTypes.Ended) when end != SandboxState.Finished => end.ToString(),
        ("Finished" or "Failed" or "TimedOut" or "Cancelled", LeaseRecordTypes.Destroyed) => state + " destroyed",
        _ => state,
    };

    private static string Name(LeaseFold fold) => fold switch
    {
        { Request: null } => "new",
        { IsDestroyed: true } => fold.State + " destroyed",
        { State: >= SandboxState.Finished } => fold.State.ToString(),
        _ => fold.State.ToString().ToLowerInvariant(),
    };

    // What a snapshot keeps is what stood.
    private static void Reread(LeaseFold fold)
    {
        var again = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(fold, LeaseJson.Default.LeaseFold), LeaseJson.Default.LeaseFold)!;
        Assert.Equal(Name(fold), Name(again));
        Assert.Equal(fold.By?.UserId, again.By?.UserId);
    }

    private static JournalEntry Entry(long sequence, string type, SandboxState end) => new()
    {
        Sequence = sequence,
        Type = type,
        At = DateTimeOffset.UnixEpoch.AddSeconds(sequence),
        Payload = type switch
        {
            LeaseRecordTypes.Requested => JsonSerializer.SerializeToUtf8Bytes(
                new LeaseRequested
                {
                    By = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = ["hr"] },
                    Language = "python",
                    CodeHash = "00",
                    SealedCode = "11",
                    IsBackground = false,
                    Deadline = DateTimeOffset.UnixEpoch,
                },
                LeaseJson.Default.LeaseRequested),
            LeaseRecordTypes.Ended => JsonSerializer.SerializeToUtf8Bytes(new LeaseEnded { State = end, Code = "code", Reason = "Reason." }, LeaseJson.Default.LeaseEnded),
            _ => JsonSerializer.SerializeToUtf8Bytes(new LeaseStep(), LeaseJson.Default.LeaseStep),
        },
    };
}
