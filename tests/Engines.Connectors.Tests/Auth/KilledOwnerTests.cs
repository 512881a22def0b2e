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
    [InlineData(KillAt.BeforeAnswer, 6)]
    [InlineData(KillAt.AfterAnswer, 6)]
    [InlineData(KillAt.AnyTime, 6)]
    public async Task Kill_DuringTheRefresh_NextProcessSignsInWithinTheGrace(KillAt moment, int rounds)
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Grace, server.Delay) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(5));
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

        await using var last = await SignInHost.StartAsync(_folder, options => (options.RequestTimeout, options.AttemptSlack) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100)));
        Assert.Equal("ok", await Caller.CallAsync(last.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code)), server.Url));
        Assert.Equal((0, 0), (server.Revoked, server.Together));
        if (moment == KillAt.BeforeAnswer)
        {
            // Each lost answer cost the second use of one refresh token, and not more.
            Assert.Equal(rounds, server.Reuses);
        }
        else
        {
            Assert.InRange(server.Reuses, 0, rounds);
        }
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
