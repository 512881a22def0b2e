using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Threading.Channels;
using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Experiments.Quality;
using Steward.Engines.Models;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;

namespace Steward.Models.Quality;

/// <summary>An answer that is to be judged; in memory only.</summary>
/// <param name="Call">The call.</param>
/// <param name="Question">Question, context and answer for the judge.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="At">When.</param>
internal sealed record JudgeJob(ModelCall Call, string Question, string Model, DateTimeOffset At);

/// <summary>
/// What a silo has seen of questions, and the answers that wait for the judge. The sample is drawn by feature and tier: 0.1 to 1 % of each, so that rare ones get about as many judgements a day as frequent ones; how many there are is
/// counted in this silo. For many threads; nothing here waits.
/// </summary>
internal sealed class AnswerJudging(TimeProvider time)
{
    private const int MostWaiting = 500;
    private const int MostCounted = 20_000;
    private const int MostContext = 12_000;

    private readonly Channel<JudgeJob> _jobs = Channel.CreateBounded<JudgeJob>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<(string TenantId, string Feature, string Tier), Volume> _volumes = new();
    private ConcurrentDictionary<(string TenantId, string Feature, DateOnly Day, string Kind), long> _questions = new();

    /// <summary>What waits for the judge.</summary>
    public ChannelReader<JudgeJob> Jobs => _jobs.Reader;

    /// <summary>Takes a call that has ended.</summary>
    public void Take(ModelCall call, ModelCallOutcome outcome)
    {
        var (now, origin) = (time.GetUtcNow(), call.Origin);
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var question = AnswerProof.QuestionOf(call.Request);
        Count((origin.TenantId, origin.Feature, today, "length:" + BitOperations.Log2((uint)question.Length + 1).ToString(CultureInfo.InvariantCulture)));
        if (call.Intent is { } intent)
        {
            Count((origin.TenantId, origin.Feature, today, "intent:" + intent));
        }

        // What a cache gave was judged with the call that it came from; plans, calls of tools and what was cut off are no answers.
        if (!outcome.WasAsked || outcome.Finished is not { Reason: "stop" } finished || outcome.Text.Length == 0 || outcome.ToolCalls.Count > 0 || origin.Purpose != ModelCallOrigin.Answer)
        {
            return;
        }

        if (JudgedSample.Includes(origin.CallId, JudgedSample.Share(VolumeBefore((origin.TenantId, origin.Feature, call.Model), today))))
        {
            var golden = new GoldenCase { Id = origin.CallId, Input = question, Context = ContextOf(call.Request), Check = GoldenCheck.Judge };
            if (!_jobs.Writer.TryWrite(new JudgeJob(call, AnswerJudge.Question(golden, outcome.Text), finished.Model, now)))
            {
                AnswerQualityDiagnostics.Judged.Add(1, new KeyValuePair<string, object?>("outcome", "dropped"));
            }
        }
    }

    /// <summary>Takes what was counted, by tenant; what comes meanwhile is counted for the next time.</summary>
    public IReadOnlyDictionary<string, List<QuestionCount>> TakeCounts()
    {
        var taken = Interlocked.Exchange(ref _questions, new());
        return taken.GroupBy(count => count.Key.TenantId).ToDictionary(
            tenant => tenant.Key, tenant => tenant.Select(count => new QuestionCount { Feature = count.Key.Feature, Day = count.Key.Day, Kind = count.Key.Kind, Count = count.Value }).ToList(), StringComparer.Ordinal);
    }

    private void Count((string, string, DateOnly, string) key)
    {
        var questions = _questions;
        if (questions.Count < MostCounted || questions.ContainsKey(key))
        {
            questions.AddOrUpdate(key, 1, static (_, count) => count + 1);
        }
    }

    // How many answers the stratum had the day before; 0 while that is not known.
    private long VolumeBefore((string, string, string) stratum, DateOnly today)
    {
        if (_volumes.Count >= MostCounted && !_volumes.ContainsKey(stratum))
        {
            return 0;
        }

        var volume = _volumes.GetOrAdd(stratum, static _ => new Volume());
        lock (volume)
        {
            return volume.Add(today);
        }
    }

    // What the answer can rest on: the results of tools, else the instructions.
    private static string? ContextOf(ChatRequest request)
    {
        var tools = request.Messages.Where(message => message.Role == ChatRole.Tool).Select(message => message.Text).ToList();
        var context = string.Join("\n\n", tools.Count > 0 ? tools : request.Messages.Where(message => message.Role == ChatRole.System).Select(message => message.Text));
        return context.Length == 0 ? null : context.Length <= MostContext ? context : context[^MostContext..];
    }

    private sealed class Volume
    {
        private DateOnly _day;
        private long _count;
        private long _before;

        public long Add(DateOnly today)
        {
            if (today > _day)
            {
                (_before, _count, _day) = (today == _day.AddDays(1) ? _count : 0, 0, today);
            }

            _count++;
            return _before;
        }
    }
}
