using System.CommandLine;
using System.Diagnostics;
using Steward.Client;
using Steward.Errors;
using Steward.Host.Commands;
using Steward.Models.Health;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward ladder</c>, as the operator has it.</summary>
public sealed class LadderCommandTests
{
    private readonly Kept _kept = new();

    [Fact]
    public async Task Force_AStepForATime_IsTurnedWithWhoAndWhy()
    {
        var (exit, said, _) = await RunAsync("force", "reduced", "--reason", "bills twice", "--by", "ada", "--for", "2h");

        var turn = Assert.Single(_kept.Asked);
        Assert.Equal((0, "reduced", "bills twice", "ada", TimeSpan.FromHours(2)), (exit, turn.Step, turn.Reason, turn.By, turn.For));
        Assert.StartsWith("reduced is forced for the whole cluster for another 02:00:00.", said, StringComparison.Ordinal);
        Assert.Contains("2026-01-02 03:04:05Z  reduced until 2026-01-02 05:04:05Z, by ada: bills twice", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Force_WithoutAName_NamesTheUserOfTheMachineAndHoldsUntilReleased()
    {
        var (_, said, _) = await RunAsync("force", "queue", "--reason", "down");
        Assert.Equal((Environment.UserName, null), (_kept.Asked[0].By, _kept.Asked[0].For));
        Assert.StartsWith("queue is forced for the whole cluster until it is released.", said, StringComparison.Ordinal);

        var (exit, released, _) = await RunAsync("release", "--reason", "up again", "--by", "bob");
        Assert.Equal((0, null, "bob"), (exit, _kept.Asked[1].Step, _kept.Asked[1].By));
        Assert.StartsWith("No step is forced for the whole cluster", released, StringComparison.Ordinal);
        Assert.NotEqual(_kept.Asked[0].Id, _kept.Asked[1].Id);
    }

    [Fact]
    public async Task Show_AfterTurns_ListsThemAndTurnsNothing()
    {
        await RunAsync("force", "cached", "--reason", "first", "--by", "ada");
        await RunAsync("release", "--reason", "second", "--by", "bob");
        var (exit, said, _) = await RunAsync("show");

        Assert.Equal((0, 2), (exit, _kept.Asked.Count));
        Assert.Equal(["2026-01-02 03:04:05Z  released, by bob: second", "2026-01-02 03:04:05Z  cached, by ada: first"], said.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[1..]);
    }

    [Theory]
    [InlineData("force", "sideways", "--reason", "x")]
    [InlineData("force", "queue")]
    [InlineData("release")]
    [InlineData("force", "queue", "--reason", "x", "--for", "2")]
    [InlineData("force", "queue", "--reason", "x", "--for", "0s")]
    [InlineData("force", "queue", "--reason", "x", "--for", "-1h")]
    [InlineData("force", "queue", "--reason", "x", "--for", "366d")]
    [InlineData("force", "queue", "--reason", "x", "--for", "99999999999d")]
    public async Task Turn_WhatMakesNoSense_IsRefusedBeforeTheClusterIsAsked(params string[] arguments)
    {
        var (exit, _, error) = await RunAsync(arguments);

        Assert.Equal((1, true, 0), (exit, error.Length > 0, _kept.Asked.Count));
    }

    [Fact]
    public async Task Turn_TheClusterRefusesOrIsNotReached_SaysWhyAndFails()
    {
        _kept.Refusal = StewardException.Invalid("reason", "must have 1 to 500 printable characters.");
        var refused = await RunAsync("force", "queue", "--reason", "x");
        _kept.Problem = "The cluster was not reached.";
        var alone = await RunAsync("show");

        Assert.Equal((1, $"reason: must have 1 to 500 printable characters.{Environment.NewLine}"), (refused.Exit, refused.Error));
        Assert.Equal((1, $"The cluster was not reached.{Environment.NewLine}"), (alone.Exit, alone.Error));
    }

#if ORLEANS_STANDIN
    [Fact]
    public async Task Show_WithoutOrleans_SaysThatThereIsNoCluster()
    {
        using var folder = new TemporaryDirectory();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "ladder", "show"]) { RedirectStandardError = true, WorkingDirectory = folder.Path };
        start.Environment["STEWARD_CLUSTER_KEY"] = Convert.ToBase64String(new byte[32]);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var error = await process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("docs/feeds.md", error, StringComparison.Ordinal);
    }

#endif
    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var command = LadderCommand.Create(_kept.ConnectAsync);
        var exit = await command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (exit, output.ToString(), error.ToString());
    }

    /// <summary>A switch that keeps what it was told.</summary>
    private sealed class Kept : IStewardModelSwitch
    {
        private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public List<TurnModelSwitch> Asked { get; } = [];

        public StewardException? Refusal { get; set; }

        public string? Problem { get; set; }

        public async Task<string?> ConnectAsync(Func<IStewardModelSwitch, Task> act, CancellationToken cancellationToken)
        {
            if (Problem is null)
            {
                await act(this);
            }

            return Problem;
        }

        public Task<ModelSwitchView> ReadAsync(CancellationToken cancellationToken = default) => Task.FromResult(new ModelSwitchView
        {
            Position = Asked is [.., var last] ? new ModelSwitchPosition { Step = last.Step, Left = last.For } : new ModelSwitchPosition(),
            Turns = [.. Enumerable.Reverse(Asked).Select(turn => new ModelSwitchTurn { Id = turn.Id, At = Now, By = turn.By, Reason = turn.Reason, Step = turn.Step, Until = Now + turn.For })],
        });

        public Task<ModelSwitchView> TurnAsync(TurnModelSwitch turn, CancellationToken cancellationToken = default)
        {
            if (Refusal is not null)
            {
                throw Refusal;
            }

            Asked.Add(turn);
            return ReadAsync(cancellationToken);
        }
    }
}
