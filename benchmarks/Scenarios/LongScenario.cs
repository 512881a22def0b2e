using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench long</c>: one run in which a model calls a hundred tools, in a session that holds 200,000 tokens. What each step writes must not grow with
/// the conversation or with the steps before it.
/// </summary>
internal static class LongScenario
{
    private const int Steps = 100;
    private const int Notes = 29;
    private const int TokensPerNote = 6_950;
    private const string Question = "Please look up everybody on the audit list, one after the other.";

    // Each person is looked up in both systems, so that every result is another one.
    private static readonly string[] Tools = ["okta_users_find", "servicenow_users_find"];
    private static readonly Range Early = 10..30;
    private static readonly Range Late = 80..100;

    public static Command Create()
    {
        var storage = MeasuredStorage.Option();
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("long", "What each step of a run of 100 tool calls in a session of 200,000 tokens writes.") { storage, check, json };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(storage), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string storageName, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        var people = simulation.Company.People.Where(person => person.Status == "ACTIVE").Take((Steps / Tools.Length) + 1).ToList();
        await using var model = await ModelSimulation.StartAsync(
            new ModelSimOptions { RememberedRequests = 0, Script = Script([.. people.Skip(1).Select(person => person.Email)]) }, cancellationToken);
        await using var storage = await MeasuredStorage.StartAsync(storageName, cancellationToken);
        await using var server = await Server.StartAsync(simulation, storage.Settings.Concat(SimulatedModel.Environment(model)).Concat(Settings()), cancellationToken);
        await using var connections = LoadConnections.Create(server.Url);
        using var http = connections.CreateClient();
        var user = new TurnClient(http, server.Token(new LoadUser("u-long", people[0].Name, people[0].Email)));
        await user.OpenAsync(cancellationToken);
        var history = Enumerable.Range(1, Notes).Select(Note).ToList();
        foreach (var note in history)
        {
            await user.TakeTurnAsync(note, cancellationToken);
        }

        var run = await StepMeter.FollowAsync(user, http, Question, cancellationToken);
        if (run.BytesPerStep.Length < Steps)
        {
            throw new InvalidOperationException($"The run ended after {run.BytesPerStep.Length} of {Steps} tool calls: {run.Answer}");
        }

        var (early, late) = (run.BytesPerStep[Early].Average(), run.BytesPerStep[Late].Average());
        var result = new LongResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            $"steward bench long --storage {storageName}",
            Machine.Orleans,
            storageName,
            "Payload and content bytes that the server appends to its journals, read from its counter after each step while the simulated model thinks. The time of a step without the model runs from the end of one model call to the end of the next, less that one's own time; it holds the tool's call over HTTP.",
            history.Sum(note => note.Length),
            history.Sum(Tokens.Count),
            run.BytesPerStep.Length,
            run.LargestPrompt,
            early,
            late,
            run.BytesPerStep[0],
            run.BytesPerStep.Max(),
            run.TotalBytes,
            run.TotalTime.TotalSeconds,
            run.StepTime.Summarize(),
            run.ModelTime.Summarize(),
            run.BytesPerStep);
        Print(result);
        return await ResultOptions.FinishAsync(
            result,
            [
                new("tool calls", result.ToolCalls, "", Steps, AtLeast: true),
                new("tokens of the session", result.SessionTokens, "", 200_000, AtLeast: true),
                new("tokens of the largest prompt", result.LargestPromptTokens, "", 200_000, AtLeast: true),
                new("bytes of steps 81 to 100 against steps 11 to 30, difference", Math.Abs((late / early) - 1) * 100, "%", 10, AtLeast: false),
            ],
            check,
            json,
            cancellationToken);
    }

    private static Dictionary<string, string?> Settings() => new()
    {
        ["Steward:Orchestration:AgentDirectory"] = Path.Combine(AppContext.BaseDirectory, "long", "agents"),
        ["Steward:Orchestration:Strategy"] = "react",
        ["Steward:Orchestration:MaxModelSteps"] = "150",
        ["Steward:Orchestration:InteractiveLimits:Steps"] = "150",
        ["Steward:Orchestration:InteractiveLimits:ModelCalls"] = "150",
        ["Steward:Orchestration:InteractiveLimits:Tokens"] = "60000000",
        ["Steward:Orchestration:MaxHistoryMessages"] = "60",
        ["Steward:Orchestration:MaxHistoryLength"] = "2000000",
        ["Steward:Orchestration:DefaultDeadline"] = "00:30:00",
    };

    /// <summary>Notes are acknowledged; the question is answered with a look-up of one person after the other.</summary>
    private static ModelScript Script(IReadOnlyList<string> mails) => new()
    {
        // Long enough to read the server's counter in peace.
        TimeToFirstTokenMilliseconds = 50,
        Rules =
        [
            new ModelRule { When = new ModelMatch { LastUserMessageContains = "Note " }, Reply = new ModelReply { Text = "Noted." } },
            .. mails.SelectMany(mail => Tools.Select(tool => (Mail: mail, Tool: tool))).Select((call, index) => new ModelRule
            {
                When = new ModelMatch { Step = index + 1 },
                Reply = new ModelReply { ToolCalls = [new ModelToolCall { Name = call.Tool, Arguments = new JsonObject { ["email"] = call.Mail } }] },
            }),
        ],
        Default = new ModelReply { Text = "Everybody on the list was found." },
    };

    /// <summary>A text of about 28,000 characters that is like no other.</summary>
    private static string Note(int number)
    {
        string[] words = ["the", "log", "of", "host", "says", "that", "a", "disk", "was", "full", "at", "noon", "and", "we", "ran", "out", "by", "then"];
        var random = new Random(number);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Note {number}:");
        for (var tokens = 3; tokens < TokensPerNote; tokens++)
        {
            text.Append(' ');
            if (random.Next(6) == 0)
            {
                text.Append(random.Next(1000).ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(words[random.Next(words.Length)]);
            }
        }

        return text.ToString();
    }

    private static void Print(LongResult result)
    {
        var output = Console.Out;
        output.WriteLine($"{result.Machine.Processor}, {result.Machine.Cores} cores, {result.Machine.Runtime}, Orleans {result.Orleans}, {result.Storage}, commit {result.Machine.Commit}, load {result.Machine.LoadAverage:0.0}");
        output.WriteLine(result.Command);
        output.WriteLine($"session            {result.SessionCharacters} characters, {result.SessionTokens} tokens; largest prompt {result.LargestPromptTokens} tokens");
        output.WriteLine($"run                {result.ToolCalls} tool calls in {result.TotalSeconds:0.0} s, {result.TotalBytes} bytes");
        output.WriteLine($"bytes per step     first {result.FirstStepBytes}, steps 11 to 30 {result.BytesPerEarlyStep:0}, steps 81 to 100 {result.BytesPerLateStep:0}, most {result.LargestStepBytes}");
        output.WriteLine($"step, no model     p50 {result.StepWithoutModel.P50:0.0} ms  p95 {result.StepWithoutModel.P95:0.0} ms  p99 {result.StepWithoutModel.P99:0.0} ms");
        output.WriteLine($"model call         p50 {result.ModelCall.P50:0.0} ms, of which the simulated model waits 50 ms");
    }

    private sealed record LongResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        string Storage,
        string Method,
        int SessionCharacters,
        int SessionTokens,
        int ToolCalls,
        long LargestPromptTokens,
        double BytesPerEarlyStep,
        double BytesPerLateStep,
        long FirstStepBytes,
        long LargestStepBytes,
        long TotalBytes,
        double TotalSeconds,
        LatencySummary StepWithoutModel,
        LatencySummary ModelCall,
        IReadOnlyList<long> BytesOfEachStep);
}
