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

    public static Task<SubmitResult> SayAsync(this ISessionGrain session, string text, string? operation = null, Steward.Tenants.DoubleTexting? policy = null) =>
        session.Submit(new SubmitMessage { Text = text, OperationId = operation ?? Guid.NewGuid().ToString("n"), DoubleTexting = policy });

    public static IRunGrain Run(this GrainCluster cluster, SubmitResult submitted, string tenant = "t-acme") =>
        cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run(tenant, submitted.RunId!));

    public static async Task<List<RunEvent>> WatchToEndAsync(this IRunGrain run, long after = 0)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var events = new List<RunEvent>();
        await foreach (var runEvent in run.Watch(after).WithCancellation(limit.Token))
        {
            events.Add(runEvent);
        }

        return events;
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
