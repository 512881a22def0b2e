using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>What a run was told of a person's memory is shown to that person alone.</summary>
[Collection(GrainClusterGroup.Name)]
public class ToldMemoryTests(GrainCluster cluster)
{
    private readonly string _user = NewUser();

    [Fact]
    public async Task GetStatus_ByAnApprover_HasNoMemories()
    {
        await NoteAsync();
        var (run, _, decision) = await cluster.AskAsync(await cluster.OpenAsync(Conversing.NewSession(user: _user)));
        Assert.Equal("nuts", Assert.Single((await run.GetStatus())!.Memories).Value);

        cluster.SignIn("t-acme", "u-boss", "approver");
        var asked = (await run.GetStatus())!;
        Assert.Single(asked.Waiting);
        Assert.Empty(asked.Memories);

        await run.Decide(Runs.WaitingRunTests.Deciding(decision, "approve"));
        cluster.SignIn("t-acme", _user);
        await run.WatchToEndAsync();
        cluster.SignIn("t-acme", "u-boss", "approver");
        Assert.Empty((await run.GetStatus())!.Memories);
    }

    [Fact]
    public async Task GetStatus_ByAnAdminOfARunThatFailed_HasNoMemoriesNorDoesItsTrace()
    {
        await NoteAsync();
        var session = await cluster.OpenAsync(Conversing.NewSession(user: _user));
        var submitted = await session.SayAsync($"broken {Guid.NewGuid():n}");
        var run = cluster.Run(submitted);
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count > 0);
        Assert.Single((await run.GetStatus())!.Memories);
        Assert.Contains("m1:allergy:constraint", await run.ReadTrace(includePrompts: false), StringComparison.Ordinal);

        cluster.SignIn("t-acme", "u-root", WellKnownRoles.Admin);

        Assert.Empty((await run.GetStatus())!.Memories);
        var trace = (await run.ReadTrace(includePrompts: true))!;
        Assert.DoesNotContain("allergy", trace, StringComparison.Ordinal);
        Assert.Contains("What it remembered of the person", trace, StringComparison.Ordinal);
    }

    private Task NoteAsync() => cluster.NoteAsync(_user, "s-0/r-0", cluster.Time.GetUtcNow(), Said("allergy", "nuts", MemoryKind.Constraint));
}
