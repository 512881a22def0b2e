using System.CommandLine;
using System.Globalization;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Host.Demo;
using Steward.Triage;

namespace Steward.Host.Commands;

/// <summary><c>steward triage classify</c> and <c>import</c>: triage of a running Steward, over its HTTP API.</summary>
internal static class TriageClientCommands
{
    private const int ShownProblems = 10;

    public static Command Classify()
    {
        var text = new Argument<string>("text") { Description = "What the ticket says." };
        return Create("classify", "Where a ticket belongs, how sure that is, and why. Nothing is kept.", text, DemoTenant.DefaultEmployee, async (client, parsed, cancellationToken) =>
        {
            var decision = await client.ClassifyAsync(new TriageTicket { Description = parsed.GetRequiredValue(text) }, cancellationToken);
            Console.Out.WriteLine($"{decision.Label} {Number(decision.Confidence)} ({BandOf(decision.Band)}, by {decision.Version})");
            foreach (var other in decision.Top)
            {
                Console.Out.WriteLine($"  {Number(other.Probability)} {other.Label}");
            }

            if (decision.Reasons.Count > 0)
            {
                Console.Out.WriteLine($"because of {string.Join(", ", decision.Reasons)}");
            }

            foreach (var similar in decision.Similar)
            {
                Console.Out.WriteLine($"like {similar.TicketId} ({similar.Label}): {similar.ShortDescription}");
            }

            return 0;
        });
    }

    public static Command Import()
    {
        var file = new Argument<FileInfo>("file") { Description = "Comma-separated text: label or group, text or short_description and description, and what else docs/api/triage.md names." };
        var wait = new Option<bool>("--wait") { Description = "Show how far it is until all rows were read." };
        var key = new Option<string?>("--key") { Description = "The same key again goes on with the same file where it broke off." };
        var command = Create("import", "Hand in old tickets with their groups. Admins only.", file, DemoTenant.Admin.Email!, async (client, parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file).FullName;
            var import = await client.ImportAsync(() => File.OpenRead(path), parsed.GetValue(key), cancellationToken);
            if (parsed.GetValue(wait))
            {
                await foreach (var now in client.WatchImportAsync(import.Id, cancellationToken))
                {
                    import = now;
                    await Console.Error.WriteLineAsync($"{100 * now.BytesRead / Math.Max(1, now.Bytes)} %, {now.Rows} rows, {now.BadRows} bad");
                }
            }

            Console.Out.WriteLine($"{import.Id} {import.State.ToString().ToLowerInvariant()}: {import.Rows} rows, {import.BadRows} bad{(import.Error is { } error ? $"; {error}" : "")}");
            foreach (var problem in import.Problems.Take(ShownProblems))
            {
                await Console.Error.WriteLineAsync($"line {problem.Line}: {problem.Problem}");
            }

            return import.State is TriageImportState.Failed or TriageImportState.Cancelled ? 1 : 0;
        });
        command.Options.Add(wait);
        command.Options.Add(key);
        return command;
    }

    private static Command Create(string name, string description, Argument argument, string by, Func<ITriageClient, ParseResult, CancellationToken, Task<int>> run)
    {
        var user = new Option<string>("--user") { Description = "In whose name.", DefaultValueFactory = _ => by };
        var url = new Option<string?>("--url") { Description = "The gateway; by default the one that was started here." };
        var data = CommandOptions.Data();
        var command = new Command(name, description + " STEWARD_TOKEN, if set, is used instead of a development token.") { argument, user, url, data };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(user), parsed.GetValue(url), new DataDirectory(parsed.GetRequiredValue(data)), client => run(client, parsed, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string user, string? url, DataDirectory data, Func<ITriageClient, Task<int>> run, CancellationToken cancellationToken)
    {
        url ??= File.Exists(data.UrlFile) ? (await File.ReadAllTextAsync(data.UrlFile, cancellationToken)).Trim() : null;
        if (url is null || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync(url is null ? "No Steward runs here. Start one with ./steward up, or name one with --url." : "--url must be an http or https address, such as http://127.0.0.1:7080.");
            return 1;
        }

        var token = Environment.GetEnvironmentVariable("STEWARD_TOKEN") is { Length: > 0 } given ? given : TokenCommand.Issue(user, data);
        if (token is null)
        {
            return 1;
        }

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStewardHttpClient(options =>
        {
            options.BaseAddress = address;
            options.Token = _ => ValueTask.FromResult(token);
        });
        await using var provider = services.BuildServiceProvider();
        try
        {
            return await run(provider.GetRequiredService<IStewardUserClient>().Triage);
        }
        catch (Exception exception) when (exception is StewardException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception is StewardException { Code: var code } ? $"{exception.Message} ({code})" : exception.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 130;
        }
    }

    private static string BandOf(TriageBand band) => band switch
    {
        TriageBand.AutoRoute => "routed by itself",
        TriageBand.Review => "routed and marked",
        _ => "for a person",
    };

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
