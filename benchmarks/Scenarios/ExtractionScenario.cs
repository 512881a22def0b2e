using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Tests.Extraction;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Memory;
using Steward.ModelSim;
using ChatRequest = Steward.Engines.Models.ChatRequest;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench extraction</c>: what is taken of the labelled conversations, by rules, or by a model at an endpoint as a silo asks it (structured output, checked, rules where it fails), with its times and tokens. With <c>--conformance</c> a simulated model gives
/// scripted answers, good and bad ones: that says what becomes of answers, and nothing of how good a model is.
/// </summary>
internal static class ExtractionScenario
{
    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var model = new Option<Uri?>("--model") { Description = "Base URL of an endpoint that speaks OpenAI's chat completions, such as http://127.0.0.1:8000/v1; rules alone, when it is left out. The key is OPENAI_API_KEY." };
        var name = new Option<string>("--name") { Description = "The model's name there.", DefaultValueFactory = _ => "gpt-4.1-mini" };
        var sets = new Option<string>("--sets") { Description = "Which conversations: fresh, office, turned, strangers, with commas.", DefaultValueFactory = _ => "fresh,office,turned,strangers" };
        var alone = new Option<bool>("--alone") { Description = "Each message by itself, not against what holds of its author." };
        var every = new Option<int>("--every") { Description = "Every how many conversations: 10 takes a tenth, and costs a tenth.", DefaultValueFactory = _ => 1 };
        var atOnce = new Option<int>("--at-once") { Description = "Messages that the model is asked about at the same time.", DefaultValueFactory = _ => 4 };
        var conformance = new Option<bool>("--conformance") { Description = "Scripted answers of a simulated model instead." };
        var command = new Command("extraction", "What is taken of what people say of themselves, by rules or by a model.") { model, name, sets, every, atOnce, alone, conformance, check, json };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(conformance)
            ? ConformAsync(parsed.GetValue(check), parsed.GetValue(json), cancellationToken)
            : MeasureAsync(parsed.GetValue(model), parsed.GetRequiredValue(name), parsed.GetRequiredValue(sets).Split(','), Math.Max(1, parsed.GetValue(every)), Math.Max(1, parsed.GetValue(atOnce)), !parsed.GetValue(alone), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> MeasureAsync(Uri? url, string name, string[] sets, int every, int atOnce, bool isHeld, bool check, string? json, CancellationToken cancellationToken)
    {
        using var asked = url is null ? null : new AskedModel(url, Environment.GetEnvironmentVariable("OPENAI_API_KEY") ?? "none", name);
        var reader = Reader(asked);
        Console.Out.WriteLine(Machine.Read());
        Console.Out.WriteLine(isHeld ? "each message against what holds" : "each message by itself");
        Console.Out.WriteLine(url is null ? "read by rules" : $"read by {name} at {url.Host}, {atOnce} messages at once");
        var results = new List<ExtractionResult>();
        foreach (var set in sets)
        {
            var conversations = Conversations(set).Where((_, i) => i % every == 0).ToList();
            var taken = new IReadOnlyList<IReadOnlyList<Statement>>[conversations.Count];
            await Parallel.ForEachAsync(Enumerable.Range(0, conversations.Count), new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken }, async (i, _) =>
            {
                var messages = new List<IReadOnlyList<Statement>>();
                foreach (var message in conversations[i].Messages)
                {
                    messages.Add(await reader.ReadAsync("t-bench", "u-bench", "r-bench", message));
                }

                taken[i] = messages;
            });
            var score = new ConversationScore();
            for (var i = 0; i < conversations.Count; i++)
            {
                score.Add(conversations[i], isHeld ? ConversationScore.ReadHeld(conversations[i].Messages, taken[i]) : ConversationScore.Read(taken[i]));
            }

            Console.Out.WriteLine($"{set,-8} {conversations.Count} conversations: {score}");
            results.Add(new ExtractionResult(set, conversations.Count, score.Precision, score.Recall, score.LetGo, score.Stale, score.FromOthers, score.Leaked));
        }

        asked?.Print();
        var targets = results.SelectMany(result => (Target[])
            [new($"let go wrongly, {result.Set}", 100 * result.LetGo, "%", 2, AtLeast: false), new($"changes not noticed, {result.Set}", 100 * result.Stale, "%", 5, AtLeast: false), new($"words of others, {result.Set}", result.Leaked, "", 1, AtLeast: false)]).ToList();
        return await ResultOptions.FinishAsync(new { Machine = Machine.Read(), Model = url is null ? null : name, Every = every, IsHeld = isHeld, Sets = results, Asked = asked?.Summary }, targets, check, json, cancellationToken);
    }

    private static async Task<int> ConformAsync(bool check, string? json, CancellationToken cancellationToken)
    {
        var script = new ModelScript
        {
            Models = ["sim-small"],
            Rules = [.. ModelCase.All.Select(tried => new ModelRule { When = new ModelMatch { LastUserMessageContains = tried.Message }, Reply = tried.Answer is { } answer ? new ModelReply { Text = answer.Replace("${", "$ {", StringComparison.Ordinal) } : new ModelReply { Fault = new ModelFault { Kind = ModelFaultKind.ServerError } } })],
        };
        await using var simulation = await ModelSimulation.StartAsync(new ModelSimOptions { Script = script }, cancellationToken);
        using var asked = new AskedModel(simulation.Url, simulation.ApiKey, "sim-small");
        var reader = Reader(asked);
        Console.Out.WriteLine(Machine.Read());
        var wrong = 0;
        // After a call that failed the model rests for a while: that one comes last.
        foreach (var tried in ModelCase.All.OrderBy(tried => tried.Answer is null))
        {
            var taken = (await reader.ReadAsync("t-bench", "u-bench", "r-bench", tried.Message)).Select(said => $"{(said.IsRetraction ? "-" : "")}{said.Slot}={said.Value}").ToList();
            var isRight = taken.SequenceEqual(tried.Taken);
            wrong += isRight ? 0 : 1;
            Console.Out.WriteLine($"{(isRight ? "ok   " : "WRONG")} {tried.Name,-42} {(taken.Count == 0 ? "nothing taken" : string.Join(", ", taken.Distinct().Select(value => value.Length > 60 ? value[..60] + "…" : value)))}");
        }

        asked.Print();
        Target[] targets = [new("answers that became what they should not", wrong, "", 1, AtLeast: false)];
        return await ResultOptions.FinishAsync(new { Machine = Machine.Read(), Cases = ModelCase.All.Count, Wrong = wrong, Asked = asked.Summary }, targets, check, json, cancellationToken);
    }

    private static MessageReader Reader(AskedModel? asked) =>
        new(new RuleExtractor(), (IChatModelProvider?)asked ?? new NoModel(), Options.Create(new MemoryOptions { ExtractsWithModel = asked is not null }), TimeProvider.System, NullLogger<MessageReader>.Instance);

    private static IReadOnlyList<FreshConversation> Conversations(string set) => set.Trim() switch
    {
        "fresh" => FreshConversations.All,
        "office" => OfficeConversations.All,
        "turned" => TurnedConversations.All,
        "strangers" => StrangersConversations.All,
        _ => throw new ArgumentException($"There is no set {set}; there are fresh, office, turned and strangers.", nameof(set)),
    };

    private sealed record ExtractionResult(string Set, int Conversations, double Precision, double Recall, double LetGo, double Stale, int FromOthers, int Leaked);

    private sealed class NoModel : IChatModelProvider
    {
        public IChatModel? ForTenant(string tenantId) => null;
    }

    /// <summary>A model at an address, asked as silos ask theirs, with what it took.</summary>
    private sealed class AskedModel : IChatModel, IChatModelProvider, IDisposable
    {
        private readonly IHost _host;
        private readonly IChatModel _model;
        private readonly Latencies _times = new();
        private long _input;
        private long _output;
        private int _failed;
        private int _unreadable;

        public AskedModel(Uri url, string key, string name)
        {
            var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            builder.Services.AddStewardModels(options => (options.ApiKey, options.BaseUrl, options.Model) = (key, url.ToString(), name));
            _host = builder.Build();
            _model = _host.Services.GetRequiredService<IChatModelSource>().Find(ModelTiers.Small) ?? throw new InvalidOperationException("The endpoint gives no model.");
        }

        public string Name => _model.Name;

        public object Summary => new { Times = _times.Summarize(), InputTokens = _input, OutputTokens = _output, Failed = _failed, Unreadable = _unreadable };

        public IChatModel ForTenant(string tenantId) => this;

        public void Print()
        {
            var times = _times.Summarize();
            Console.Out.WriteLine($"{times.Count} answers  p50 {times.P50:0.0} ms  p99 {times.P99:0.0} ms  max {times.Max:0.0} ms; {_input} tokens in, {_output} out ({(double)(_input + _output) / Math.Max(1, times.Count):0} a message); {_failed} calls failed, {_unreadable} answers not of the form: rules read those messages");
        }

        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var (began, text, isOver) = (Stopwatch.GetTimestamp(), new StringBuilder(), false);
            try
            {
                await foreach (var delta in _model.StreamAsync(request, cancellationToken))
                {
                    text.Append((delta as ChatText)?.Text);
                    if (delta is ChatFinished { Usage: { } usage })
                    {
                        Interlocked.Add(ref _input, usage.InputTokens);
                        Interlocked.Add(ref _output, usage.OutputTokens);
                    }

                    yield return delta;
                }

                isOver = true;
            }
            finally
            {
                _times.Add(Stopwatch.GetElapsedTime(began));
                Interlocked.Add(ref _failed, isOver ? 0 : 1);
                Interlocked.Add(ref _unreadable, isOver && StatementReader.Read(text.ToString(), request.Messages[^1].Text ?? "") is null ? 1 : 0);
            }
        }

        public void Dispose() => _host.Dispose();
    }
}
