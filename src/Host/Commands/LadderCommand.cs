using System.CommandLine;
using System.Globalization;
using Steward.Client;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Gateway;
using Steward.Models.Health;

namespace Steward.Host.Commands;

/// <summary>Connects to the cluster, lets something be done with its switch, and leaves again.</summary>
/// <param name="act">What is done.</param>
/// <param name="cancellationToken">Stops it.</param>
/// <returns>Why there is no connection; null when it was done.</returns>
internal delegate Task<string?> SwitchConnection(Func<IStewardModelSwitch, Task> act, CancellationToken cancellationToken);

/// <summary><c>steward ladder</c>: the operator's switch of the degradation ladder for all silos of a cluster, over a connection such as a gateway has. Exit code 1 when something is refused or the cluster is not reached.</summary>
internal static class LadderCommand
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);

    public static Command Create() => Create(ConnectAsync);

    /// <summary>The command over another connection.</summary>
    internal static Command Create(SwitchConnection connect) =>
        new("ladder", "The step of the degradation ladder that is forced in all silos of a cluster. Needs the cluster's key and Steward:Cluster settings, as a gateway does.") { Show(connect), Force(connect), Release(connect) };

    private static Command Show(SwitchConnection connect)
    {
        var command = new Command("show", "Which step is forced, and who turned the switch lately.");
        command.SetAction((parsed, cancellationToken) => DoAsync(parsed, connect, ladder => ladder.ReadAsync(cancellationToken), turns: int.MaxValue, cancellationToken));
        return command;
    }

    private static Command Force(SwitchConnection connect)
    {
        var step = new Argument<string>("step") { Description = "full, reduced, cached or queue." };
        step.AcceptOnlyFromAmong("full", "reduced", "cached", "queue");
        var (reason, by) = (Reason(), By());
        var length = new Option<TimeSpan?>("--for") { Description = "How long, as 90s, 30m, 2h or 1d; without it until it is released.", CustomParser = Length };
        var command = new Command("force", "Force a step in all silos, within seconds, whatever they find themselves. A silo whose configuration forces one keeps that.") { step, reason, by, length };
        command.SetAction((parsed, cancellationToken) => TurnAsync(
            parsed,
            connect,
            new TurnModelSwitch { Id = Guid.NewGuid().ToString("n"), Step = parsed.GetRequiredValue(step), By = parsed.GetRequiredValue(by), Reason = parsed.GetRequiredValue(reason), For = parsed.GetValue(length) },
            cancellationToken));
        return command;
    }

    private static Command Release(SwitchConnection connect)
    {
        var (reason, by) = (Reason(), By());
        var command = new Command("release", "Force none any more: each silo decides for itself again.") { reason, by };
        command.SetAction((parsed, cancellationToken) => TurnAsync(
            parsed, connect, new TurnModelSwitch { Id = Guid.NewGuid().ToString("n"), By = parsed.GetRequiredValue(by), Reason = parsed.GetRequiredValue(reason) }, cancellationToken));
        return command;
    }

    private static Option<string> Reason() => new("--reason") { Description = "Why. Kept with the switch and logged; no secrets.", Required = true };

    private static Option<string> By() => new("--by") { Description = "Who; by default the user of this machine.", DefaultValueFactory = _ => Environment.UserName };

    private static TimeSpan? Length(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        double? unit = text.Length < 2 ? null : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => null };
        if (unit is { } seconds && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1 && count * seconds <= 365 * 86_400)
        {
            return TimeSpan.FromSeconds(count * seconds);
        }

        result.AddError("--for must be a number and a unit, such as 90s, 30m, 2h or 1d, of up to 365 days.");
        return null;
    }

    private static Task<int> TurnAsync(ParseResult parsed, SwitchConnection connect, TurnModelSwitch turn, CancellationToken cancellationToken) =>
        DoAsync(parsed, connect, ladder => ladder.TurnAsync(turn, cancellationToken), turns: 1, cancellationToken);

    private static async Task<int> DoAsync(ParseResult parsed, SwitchConnection connect, Func<IStewardModelSwitch, Task<ModelSwitchView>> act, int turns, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            if (await connect(async ladder => await PrintAsync(output, await act(ladder), turns), cancellationToken) is not { } problem)
            {
                return 0;
            }

            await error.WriteLineAsync(problem);
        }
        catch (Exception exception) when (exception is StewardException or InvalidOperationException)
        {
            await error.WriteLineAsync(exception.Message);
        }

        return 1;
    }

    private static async Task PrintAsync(TextWriter output, ModelSwitchView view, int turns)
    {
        await output.WriteLineAsync(view.Position switch
        {
            { Step: null } => "No step is forced for the whole cluster: each silo decides for itself.",
            { Step: var step, Left: { } left } => $"{step} is forced for the whole cluster for another {TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)):c}. Silos follow within seconds, but for those whose own configuration forces a step.",
            { Step: var step } => $"{step} is forced for the whole cluster until it is released. Silos follow within seconds, but for those whose own configuration forces a step.",
        });
        foreach (var turn in view.Turns.Take(turns))
        {
            var until = turn.Until is { } end ? $" until {At(end)}" : "";
            await output.WriteLineAsync($"{At(turn.At)}  {(turn.Step is { } step ? $"{step}{until}" : "released")}, by {turn.By}: {turn.Reason}");
        }

        static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    // A gateway would wait for its cluster for as long as it takes; somebody at a terminal does not.
    private static async Task<string?> ConnectAsync(Func<IStewardModelSwitch, Task> act, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        LocalSettings.Use(builder.Configuration);
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.Services.AddStewardSecurity();
        builder.Services.AddStewardClient();
        if (!builder.TryAddClusterClient(out var problem))
        {
            return problem;
        }

        using var host = builder.Build();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectWithin);
        try
        {
            await host.StartAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The cluster was not reached within {ConnectWithin.TotalSeconds:0} s. Give this command the Steward:Cluster settings of a gateway.";
        }

        await act(host.Services.GetRequiredService<IStewardModelSwitch>());
        await host.StopAsync(CancellationToken.None);
        return null;
    }
}
