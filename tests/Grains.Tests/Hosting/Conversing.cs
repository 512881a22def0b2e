using Orleans.Runtime;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Hosting;

/// <summary>What a front end does with the grains, for tests.</summary>
internal static class Conversing
{
    public static string NewSession(string tenant = "t-acme", string user = "u-ada") => GrainKeys.Session(tenant, user, "s-" + Guid.NewGuid().ToString("n"));

    public static async Task<ISessionGrain> OpenAsync(this GrainCluster cluster, string? key = null)
    {
        var session = cluster.Grains.GetGrain<ISessionGrain>(key ?? NewSession());
        await session.Open(new OpenSession());
        return session;
    }

    public static Task<SubmitResult> SayAsync(this ISessionGrain session, string text, string? operation = null, Steward.Tenants.DoubleTexting? policy = null, RunRequestOptions? options = null) =>
        session.Submit(new SubmitMessage { Text = text, OperationId = operation ?? Guid.NewGuid().ToString("n"), DoubleTexting = policy, Options = options });

    public static IRunGrain Run(this GrainCluster cluster, SubmitResult submitted, string tenant = "t-acme") =>
        cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run(tenant, submitted.RunId!));

    /// <summary>Asks for something that somebody else has to approve, and waits until the run waits and the session knows.</summary>
    public static async Task<(IRunGrain Run, string Text, PendingDecision Decision)> AskAsync(this GrainCluster cluster, ISessionGrain session, string tenant = "t-acme")
    {
        var text = "pay " + Guid.NewGuid().ToString("n");
        var submitted = await session.SayAsync($$"""do desk_pay {"text":"{{text}}"} ; say paid""");
        var run = cluster.Run(submitted, tenant);
        await UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Contains(submitted.RunId!));
        return (run, text, (await run.GetStatus())!.Waiting.Single());
    }

    /// <summary>The messages of the assistant that ended runs.</summary>
    public static async Task<List<TranscriptMessage>> AnswersAsync(this ISessionGrain session) =>
        [.. (await session.ReadTranscript(0, 200)).Messages.Where(message => message is { Role: "assistant", IsInterim: false })];

    public static async Task<List<RunEvent>> WatchToEndAsync(this IRunGrain run, long after = 0)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var events = new List<RunEvent>();
        while (true)
        {
            try
            {
                await foreach (var runEvent in run.Watch(events is [.., var last] ? last.Sequence : after).WithCancellation(limit.Token))
                {
                    events.Add(runEvent);
                }

                return events;
            }
            catch (EnumerationAbortedException)
            {
                // The activation has ended, or another one has taken its place: the watch goes on from where it was, as clients do.
            }
        }
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
