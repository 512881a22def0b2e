using System.Diagnostics;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Kills the process that owns the credentials (SIGKILL) in the middle of renewals, and starts it again.</summary>
public sealed class KilledOwnerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("steward-killed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(KillAt.BeforeAnswer, 5)]
    [InlineData(KillAt.AfterAnswer, 5)]
    [InlineData(KillAt.AnyTime, 5)]
    public async Task Kill_DuringTheRefresh_NextProcessSignsInWithinTheGrace(KillAt moment, int rounds)
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Grace, server.Delay) = (TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(5));
        await using (var host = await SignInHost.StartAsync(_folder))
        {
            await host.StoreAsync(server.NewFamily());
        }

        for (var round = 0; round < rounds; round++)
        {
            using var process = Start(server.Url);
            var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reading = ReadAsync(process, accepted);
            await accepted.Task.WaitAsync(Patience);

            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task Kill()
            {
                process.Kill();
                killed.TrySetResult();
                return Task.CompletedTask;
            }

            switch (moment)
            {
                case KillAt.BeforeAnswer:
                    server.BeforeAnswer = Kill;
                    break;
                case KillAt.AfterAnswer:
                    server.AfterAnswer = Kill;
                    break;
                default:
                    await Task.Delay(Random.Shared.Next(400));
                    await Kill();
                    break;
            }

            await killed.Task.WaitAsync(Patience);
            (server.BeforeAnswer, server.AfterAnswer) = (null, null);
            await process.WaitForExitAsync().WaitAsync(Patience);
            var outcomes = await reading;
            Assert.DoesNotContain("unauthenticated", outcomes);
        }

        await using var last = await SignInHost.StartAsync(_folder, options => (options.RequestTimeout, options.AttemptSlack) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)));
        Assert.Equal("ok", await Caller.CallAsync(last.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code)), server.Url));
        Assert.Equal((0, 0), (server.Revoked, server.Together));
        if (moment == KillAt.BeforeAnswer)
        {
            // Each lost answer costs the second use of a refresh token; a starved machine may lose some more to time-outs.
            Assert.True(server.Reuses >= rounds, $"{server.Reuses} reuses.");
        }
    }

    [Fact]
    public async Task Kill_DuringTheRefreshAtASystemWithoutGrace_IsBrokenAndSaysSo()
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Grace) = (TimeSpan.FromMilliseconds(300), TimeSpan.Zero);
        await using var host = await SignInHost.StartAsync(_folder, options => (options.RequestTimeout, options.AttemptSlack) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)));
        await host.StoreAsync(server.NewFamily());
        using var process = Start(server.Url);
        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = ReadAsync(process, accepted);
        await accepted.Task.WaitAsync(Patience);
        server.BeforeAnswer = () =>
        {
            process.Kill();
            return Task.CompletedTask;
        };
        await reading.WaitAsync(Patience);
        server.BeforeAnswer = null;
        var changes = new ChangeLog();
        var credentials = host.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code), changes);

        Assert.Equal("unauthenticated", await Caller.CallAsync(credentials, server.Url));

        // What nobody can win; but it is known at once, and the system was not asked again and again.
        Assert.Equal((CredentialState.Broken, "unauthenticated"), (Assert.Single(changes.Changes).To, changes.Changes[0].Code));
        Assert.Equal((1, 0), (server.Reuses, server.Together));
    }

    public enum KillAt
    {
        BeforeAnswer,
        AfterAnswer,
        AnyTime,
    }

    private Process Start(Uri server) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
        ["exec", typeof(KilledOwnerTests).Assembly.Location, _folder, server.AbsoluteUri])
    {
        RedirectStandardOutput = true,
    })!;

    private static async Task<IReadOnlyCollection<string>> ReadAsync(Process process, TaskCompletionSource accepted)
    {
        HashSet<string> outcomes = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            outcomes.Add(line);
            if (line == "ok")
            {
                accepted.TrySetResult();
            }
        }

        accepted.TrySetException(new InvalidOperationException($"The process ended before a call was accepted: {string.Join(", ", outcomes)}."));
        return outcomes;
    }
}
