using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;

namespace Steward.Host.Commands;

/// <summary><c>steward eval</c>: asks a model, or a running Steward, the questions of a golden set, and compares with a run before; the exit code is a gate.</summary>
internal static class EvalCommand
{
    private const int AtOnce = 8;

    public static Command Create()
    {
        var suite = new Argument<FileInfo>("suite") { Description = "The questions: one JSON object a line (docs/operations/evaluation.md)." };
        var against = new Option<FileInfo?>("--against") { Description = "A run before, as --out wrote it; exit code 1 when the new one is worse." };
        var output = new Option<FileInfo?>("--out") { Description = "File for the run, to be compared with later." };
        var model = new Option<string?>("--model") { Description = "A tier or provider/model, by default standard; with --endpoint what the endpoint offers, by default steward/auto." };
        var judge = new Option<string?>("--judge") { Description = "The tier or provider/model that judges; by default the large tier (steward/power). Only asked for cases with the check Judge." };
        var endpoint = new Option<string?>("--endpoint") { Description = "A running Steward to be asked instead of the models of this configuration, such as http://127.0.0.1:7080. STEWARD_TOKEN has the credential." };
        endpoint.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !(Uri.TryCreate(given, UriKind.Absolute, out var parsed) && parsed.Scheme is ("http" or "https")))
            {
                result.AddError("--endpoint must be an http or https address, such as http://127.0.0.1:7080.");
            }
        });
        var margin = new Option<double>("--margin") { Description = "The fall of accuracy that is not tolerated, proved or not.", DefaultValueFactory = _ => 0.05 };
        var command = new Command("eval", "Ask a model, or a running Steward, the questions of a golden set and compare the answers with a run before.") { suite, against, output, endpoint, model, judge, margin };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(suite),
            parsed.GetValue(against),
            parsed.GetValue(output),
            parsed.GetValue(margin),
            (set, token) => parsed.GetValue(endpoint) is { } url
                ? OfEndpointAsync(set, new Uri(url), parsed.GetValue(model) ?? "steward/auto", parsed.GetValue(judge) ?? "steward/power", token)
                : OfModelsAsync(set, parsed.GetValue(model) ?? ModelTiers.Standard, parsed.GetValue(judge) ?? ModelTiers.Large, token),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        FileInfo suite, FileInfo? against, FileInfo? output, double margin, Func<GoldenSet, CancellationToken, Task<(EvaluationRun? Run, string? Problem)>> evaluate, CancellationToken cancellationToken)
    {
        try
        {
            var (set, baseline) = (Read(suite), against is null ? null : await ReadRunAsync(against, cancellationToken));
            var (run, problem) = await evaluate(set, cancellationToken);
            if (run is null)
            {
                return Fail(problem!);
            }

            if (run.Cases.All(one => one.Seconds is null))
            {
                return Fail("No question was answered: nothing was measured.");
            }

            Print(set, run);
            if (output is not null)
            {
                await File.WriteAllTextAsync(output.FullName, JsonSerializer.Serialize(run, EvaluationJson.Default.EvaluationRun) + "\n", cancellationToken);
            }

            return baseline is null ? 0 : Compare(baseline, run, margin);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            return Fail(exception.Message);
        }
    }

    /// <summary>The models of this configuration alone: no tenant, no routing, no prompts.</summary>
    private static async Task<(EvaluationRun? Run, string? Problem)> OfModelsAsync(GoldenSet set, string model, string judge, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddStewardModels();
        using var host = builder.Build();
        var models = host.Services.GetRequiredService<IChatModelSource>();
        if (!models.IsConfigured)
        {
            return (null, "No model is configured: set OPENAI_API_KEY, and OPENAI_BASE_URL for another provider, or Steward:Models (docs/operations/models.md); or name a running Steward with --endpoint.");
        }

        var (asked, judging) = (models.Find(model), models.Find(judge));
        return asked is null || (judging is null && NeedsJudge(set))
            ? (null, $"The model {(asked is null ? model : judge)} is not configured. There are: {string.Join(", ", ModelTiers.All.Concat(models.Names))}.")
            : (await EvaluationRun.RunAsync(set, model, Ask(asked), judging is null ? null : Ask(judging), AtOnce, TimeProvider.System, cancellationToken), null);
    }

    /// <summary>A running Steward, as the person of the token gets it.</summary>
    private static async Task<(EvaluationRun? Run, string? Problem)> OfEndpointAsync(GoldenSet set, Uri url, string model, string judge, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("STEWARD_TOKEN") is not { Length: > 0 } token)
        {
            return (null, "STEWARD_TOKEN has no credential. ./steward token prints one of a development cluster.");
        }

        await using var services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient();
        var endpoint = new EvalEndpoint(http, url, token);
        var problem = await endpoint.ProblemAsync(model, cancellationToken) ?? (NeedsJudge(set) ? await endpoint.ProblemAsync(judge, cancellationToken) : null);
        return problem is not null
            ? (null, problem)
            : (await EvaluationRun.RunAsync(set, model, endpoint.Ask(model), endpoint.Ask(judge), AtOnce, TimeProvider.System, cancellationToken), null);
    }

    private static bool NeedsJudge(GoldenSet set) => set.Cases.Any(one => one.Check == GoldenCheck.Judge);

    private static GoldenSet Read(FileInfo suite)
    {
        using var reader = new StreamReader(suite.FullName);
        return GoldenSet.Read(Path.GetFileNameWithoutExtension(suite.Name), reader);
    }

    private static async Task<EvaluationRun> ReadRunAsync(FileInfo file, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await File.ReadAllTextAsync(file.FullName, cancellationToken), EvaluationJson.Default.EvaluationRun) ?? throw new FormatException($"{file.Name} holds no run.");

    private static AskModel Ask(IChatModel model) => async (system, input, cancellationToken) =>
    {
        var (text, began, usage) = (new StringBuilder(), Stopwatch.GetTimestamp(), default(ChatUsage));
        List<ChatMessage> messages = [new ChatMessage { Role = ChatRole.User, Text = input }];
        if (system is not null)
        {
            messages.Insert(0, new ChatMessage { Role = ChatRole.System, Text = system });
        }

        try
        {
            await foreach (var delta in model.StreamAsync(new ChatRequest { Messages = messages }, cancellationToken))
            {
                text.Append((delta as ChatText)?.Text);
                usage = (delta as ChatFinished)?.Usage ?? usage;
            }

            return new EvaluatedAnswer(text.ToString(), Stopwatch.GetElapsedTime(began).TotalSeconds, usage is null ? null : usage.InputTokens + usage.OutputTokens, usage?.CostUsd);
        }
        catch (ModelException failed)
        {
            await Console.Error.WriteLineAsync($"{failed.Code}: {failed.Message}");
            return null;
        }
    };

    private static void Print(GoldenSet set, EvaluationRun run)
    {
        var answered = run.Cases.Where(one => one.Seconds is not null).ToList();
        var seconds = answered.ConvertAll(one => one.Seconds!.Value);
        seconds.Sort();
        Console.Out.WriteLine(Text($"{set.Name} {set.Version}, frozen subset {set.AnchorVersion ?? "none"}: {run.Cases.Count} questions to {run.Model}"));
        Console.Out.WriteLine(Text($"right        {run.Accuracy:0.0000} of {run.Cases.Count(one => one.IsGood is not null)} judged; {run.Cases.Count - answered.Count} calls failed"));
        if (seconds.Count > 0)
        {
            Console.Out.WriteLine(Text($"seconds      p50 {seconds[seconds.Count / 2]:0.000}  p95 {seconds[(int)(0.95 * (seconds.Count - 1))]:0.000}"));
            Console.Out.WriteLine(Text($"tokens       {answered.Sum(one => one.Tokens ?? 0)}; cost {(answered.TrueForAll(one => one.CostUsd is null) ? "unknown" : Text($"{answered.Sum(one => one.CostUsd ?? 0):0.0000} US dollars"))}"));
        }
    }

    private static int Compare(EvaluationRun baseline, EvaluationRun run, double margin)
    {
        var verdict = EvaluationComparison.Compare(baseline, run, margin);
        Console.Out.WriteLine();
        foreach (var finding in verdict.Findings)
        {
            Console.Out.WriteLine(finding);
        }

        Console.Out.WriteLine(verdict.IsPassed ? "passed" : "REFUSED");
        return verdict.IsPassed ? 0 : 1;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}
