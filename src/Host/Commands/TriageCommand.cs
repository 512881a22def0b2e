using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Routing;
using Steward.Engines.Triage.Tickets;

namespace Steward.Host.Commands;

/// <summary><c>steward triage eval</c>: how good a classifier is on tickets whose labels are known.</summary>
internal static class TriageCommand
{
    // Enough to keep every thread busy, few enough that a long file is read as it is worked off.
    private const int AtOnce = 64;
    private const int ShownBadRows = 10;
    private const int ShownLabels = 3;

    // The most that one answer may name.
    private const int MostLabels = 1_000;

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "Comma-separated text: the columns text (or short_description and description) and label." };
        var model = new Option<string>("--model") { Description = "The model's name, as its folder says.", Required = true };
        var folder = new Option<DirectoryInfo?>("--models") { Description = "The folder that holds the models; by default Steward:Inference:ModelDirectory of steward.json or the environment, else models." };
        var json = new Option<FileInfo?>("--json") { Description = "File for the figures." };
        var eval = new Command("eval", "Accuracy, macro-F1, top-3, calibration, and precision and coverage of each band of confidence.") { file, model, folder, json };
        eval.SetAction((parsed, cancellationToken) => EvalAsync(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(model), parsed.GetValue(folder), parsed.GetValue(json), cancellationToken));
        return new Command("triage", "Work on ticket triage.") { eval, TriageClientCommands.Classify(), TriageClientCommands.Import() };
    }

    private static async Task<int> EvalAsync(FileInfo file, string model, DirectoryInfo? folder, FileInfo? json, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        LocalSettings.Use(builder.Configuration);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddStewardInference(options => options.ModelDirectory = folder?.FullName ?? options.ModelDirectory);
        using var host = builder.Build();
        var engine = host.Services.GetRequiredService<IInferenceEngine>();
        if (!engine.Status.IsAvailable)
        {
            return Fail(engine.Status.Summary);
        }

        if (Directory.Exists(file.FullName))
        {
            return Fail($"{file.FullName} is a folder; name a file.");
        }

        try
        {
            using var tickets = TicketFile.Open(new StreamReader(file.FullName), readsAll: false);
            return await EvalAsync(engine, tickets, model, json, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return Fail(exception.Message);
        }
    }

    private static async Task<int> EvalAsync(IInferenceEngine engine, TicketFile tickets, string model, FileInfo? json, CancellationToken cancellationToken)
    {
        // Loads the version for everybody, as no tenant asks, and names its labels. The host is not started, so that nobody follows the folder meanwhile.
        var first = await ClassifyAsync(engine, model, "labels", MostLabels, cancellationToken);
        if (first.Value is not { } named)
        {
            return Fail(Problem(engine, model, first));
        }

        var clock = Stopwatch.GetTimestamp();
        var evaluation = new TriageEvaluation([.. named.Top.Select(label => label.Label)], isComplete: named.Top.Count < MostLabels, named.OutOfScopeLabel);
        var running = new Queue<(string Label, string Text, Task<InferenceAnswer<Classification>> Answer)>();
        long badRows = 0;
        await foreach (var row in tickets.ReadAsync(ShowBadRow, cancellationToken))
        {
            var text = row.Ticket.Text;
            if (text.Length == 0 || TicketLimits.FindText("text", text, int.MaxValue) is not null)
            {
                ShowBadRow(new BadRow(row.Line, text.Length == 0 ? "has no text." : "holds what is no text."));
                continue;
            }

            running.Enqueue((row.Label, text, ClassifyAsync(engine, model, text, ShownLabels, cancellationToken)));
            if (running.Count == AtOnce && await TakeAsync() is { } problem)
            {
                return Fail(problem);
            }
        }

        while (running.Count > 0)
        {
            if (await TakeAsync() is { } problem)
            {
                return Fail(problem);
            }
        }

        foreach (var note in evaluation.Notes)
        {
            await Console.Error.WriteLineAsync(note);
        }

        if (evaluation.Report() is { Count: 0 })
        {
            return Fail("The file has no row that can be used.");
        }

        if (evaluation.KnowsNone)
        {
            return Fail($"None of the file's labels is one of {model}'s: there is nothing to measure. Is it another model's file?");
        }

        Print(model, evaluation, badRows, Stopwatch.GetElapsedTime(clock));
        if (json is not null)
        {
            var figures = new { model, evaluation.Version, badRows, evaluation.UnknownLabels, report = evaluation.Report(), scope = evaluation.Scope };
            await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(figures, Indented), cancellationToken);
        }

        return 0;

        async Task<string?> TakeAsync()
        {
            var (label, text, coming) = running.Dequeue();
            var answer = await coming;
            if (answer.Value is { } classification)
            {
                evaluation.Add(label, text, classification);
                return null;
            }

            return Problem(engine, model, answer);
        }

        void ShowBadRow(BadRow row)
        {
            if (++badRows <= ShownBadRows)
            {
                Console.Error.WriteLine($"line {row.Line}: {row.Problem}");
            }
        }
    }

    private static string Problem(IInferenceEngine engine, string model, InferenceAnswer<Classification> answer)
    {
        if (answer.Outcome != InferenceOutcome.UnknownModel)
        {
            return answer.Problem ?? $"The model gave no answer ({answer.Outcome}).";
        }

        var names = string.Join(", ", engine.Models.List().Where(status => status.Task == ModelTask.Classification).Select(status => status.Name).Distinct(StringComparer.Ordinal));
        return names.Length > 0 ? $"There is no classifier {model}. There are: {names}."
            : $"There is no classifier {model}, and no other one{(engine.Models.Refused is [var refused, ..] ? $": {refused.Folder} is refused, {refused.Reason}" : "")}. --models names the folder of models.";
    }

    private static async Task<InferenceAnswer<Classification>> ClassifyAsync(IInferenceEngine engine, string model, string text, int top, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await engine.ClassifyAsync(new ClassifyRequest { Model = model, Text = text, Top = top, Lane = InferenceLane.Background }, cancellationToken);
            if (answer.Outcome != InferenceOutcome.Busy)
            {
                return answer;
            }

            await Task.Delay(answer.RetryAfter ?? TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    private static void Print(string model, TriageEvaluation evaluation, long badRows, TimeSpan elapsed)
    {
        var report = evaluation.Report();
        var output = Console.Out;
        output.WriteLine($"{model} {evaluation.Version}: {Number(report.Count)} texts, {Number(badRows)} bad rows, {report.Labels.Count} labels; {report.Count / elapsed.TotalSeconds:0} texts/s");
        output.WriteLine($"accuracy            {report.Accuracy:0.0000}");
        output.WriteLine($"macro-F1            {report.MacroF1:0.0000}");
        output.WriteLine($"top-3               {report.TopThree:0.0000}");
        output.WriteLine($"calibration error   {report.CalibrationError:0.0000}");
        if (evaluation.Scope is { } scope)
        {
            output.WriteLine($"in scope            {scope.InScopeAccuracy:0.0000} right, {scope.FalseRefusals:0.0000} refused");
            output.WriteLine($"out of scope        {Share(scope.OutOfScopeRecall)} refused");
        }

        output.WriteLine();
        output.WriteLine("band            texts   coverage  precision");
        foreach (var band in report.Bands)
        {
            var bounds = band.Below is { } below ? $"{band.From:0.00} to {below:0.00}" : $"from {band.From:0.00}";
            output.WriteLine($"{bounds,-14}{Number(band.Count),7}     {band.Coverage:0.0000}     {Share(band.Precision)}");
        }

        output.WriteLine();
        output.WriteLine("confidence from   coverage  precision");
        foreach (var (threshold, coverage, precision) in report.Thresholds)
        {
            output.WriteLine($"{threshold,-15:0.00}     {coverage:0.0000}     {Share(precision)}");
        }
    }

    private static string Share(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
