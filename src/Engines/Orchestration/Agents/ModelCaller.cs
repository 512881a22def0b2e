using System.Text;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Prompts;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// Asks one model in the name of a run: reserves the budget first, streams the answer into the journal, settles what was used. Everything about a call that has ended goes into the
/// caller's next append.
/// </summary>
internal sealed class ModelCaller(RunContext run, IChatModel model, RunBudget budget, ModelCallNumbers numbers) : IModelCaller
{
    private const int MaxToolCalls = 16;
    private const int CharactersPerToken = 4;

    private readonly PromptWriter _prompts = new((hash, _) => run.LoadContentAsync(hash));

    /// <inheritdoc/>
    public long? ContextTokens => model.ContextTokens;

    /// <inheritdoc/>
    public async Task<ModelAnswer> AskAsync(ModelQuestion question)
    {
        run.Work.ThrowIfCancellationRequested();
        var earlier = run.Snapshot.ModelCalls.Where(call => call.Scope == question.Scope).ToList();
        var prompt = await _prompts.WriteAsync(earlier.LastOrDefault(call => call.PromptHash is not null)?.PromptHash, question, run.Work);
        var reservation = await ReserveAsync(question, prompt);
        var number = numbers.Next();
        var streams = question is { Purpose: "answer", Scope: null };
        var from = From(earlier, streams);
        if (streams && run.Snapshot.AnswerLength > from)
        {
            // A call that was cut off by a loss had begun to answer, or the passed deadline was told of.
            await run.RecordAsync(new AnswerDelta { Offset = from, Text = "" });
        }

        var writer = streams ? new AnswerWriter(run, from) : null;
        var text = new StringBuilder();
        var calls = new List<Steward.Engines.Models.ToolCall>();
        ChatFinished? finished = null;
        var began = run.Time.GetTimestamp();
        using var clock = Clock(question.Scope);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(run.Work, clock.Token);
        try
        {
            await foreach (var delta in model.StreamAsync(Request(question, reservation, number), work.Token))
            {
                switch (delta)
                {
                    case ChatText part:
                        text.Append(part.Text);
                        writer?.Write(writer.Length == from && from > 0 ? "\n\n" + part.Text : part.Text);
                        break;
                    case Steward.Engines.Models.ChatToolCall call when calls.Count < MaxToolCalls:
                        calls.Add(call.Call);
                        break;
                    case ChatFinished end:
                        finished = end;
                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception e) when (e is not RecordingFailedException && !run.HasFailedToRecord)
        {
            var streamed = text.Length + calls.Sum(call => call.Name.Length + call.Arguments.Length);
            if (await FailedAsync(e as ModelException, number, prompt, writer, Used(reservation, streamed, finished), clock.Token) is { } other)
            {
                throw other;
            }

            throw;
        }

        var rest = writer is null ? null : await writer.FinishAsync();
        var called = new ModelCalled
        {
            Call = number,
            Model = finished?.Model ?? model.Name,
            Provider = finished?.Provider,
            Attempts = finished is { Attempts: > 1 } several ? several.Attempts : null,
            FinishReason = finished?.Reason ?? "stop",
            AnswerFrom = from,
            AnswerLength = writer is null ? 0 : writer.Length - from,
            ToolCalls = [.. calls.Select((call, index) => new ModelToolCall { Id = call.Id, StepId = StepId(question.Scope, earlier.Count + 1, index + 1), Name = call.Name, Arguments = call.Arguments })],
            InputTokens = finished?.Usage?.InputTokens,
            CachedInputTokens = finished?.Usage?.CachedInputTokens,
            OutputTokens = finished?.Usage?.OutputTokens,
            CostUsd = finished?.Usage?.CostUsd ?? Cost(finished?.Usage),
            FirstTokenMs = finished is null ? null : Math.Round(finished.FirstToken.TotalMilliseconds, 1),
            DurationMs = Math.Round(run.Time.GetElapsedTime(began).TotalMilliseconds, 1),
            Scope = question.Scope,
            Purpose = question.Purpose == "answer" ? null : question.Purpose,
            PromptHash = prompt.Hash,
            PromptVersion = question.PromptVersion,
            Degradation = finished is { Degradation: not "full" } ? finished.Degradation : null,
            Variants = finished is { Variants.Count: > 0 } ? finished.Variants : null,
            Text = writer is null ? text.ToString() : null,
        };
        budget.Settle(reservation, called);
        _prompts.Commit(prompt);
        return new ModelAnswer(called, text.ToString(), rest is null ? [called] : [rest, called], prompt.Contents);
    }

    /// <summary>The step of a tool call: the n-th call of the model inside its scope, the k-th tool of it.</summary>
    public static string StepId(string? scope, int call, int tool) => scope is null ? $"m{call}_{tool}" : $"{scope}/m{call}_{tool}";

    // Behind what earlier calls of the run itself have answered.
    private int From(List<ModelCalled> earlier, bool streams)
    {
        if (!streams)
        {
            return run.Snapshot.AnswerLength;
        }

        var last = earlier.LastOrDefault(call => call.Purpose is null or "answer");
        return last is null ? 0 : last.AnswerFrom + last.AnswerLength;
    }

    private async Task<CallReservation> ReserveAsync(ModelQuestion question, WrittenPrompt prompt)
    {
        var price = model.Price;
        if (price is null && budget.LimitsMoney(question.Scope))
        {
            var message = $"The price of the model '{model.Name}' is not known, so that a limit in US dollars cannot be kept. Your administrator can add it under Steward:Models:Prices.";
            await run.RecordAsync([new ModelFailed { Call = numbers.Next(), Model = model.Name, Code = "model_price_unknown", Message = message, Scope = question.Scope }], []);
            throw new ModelException("model_price_unknown", message);
        }

        var isLast = question.Purpose != "plan" && (question.Tools.Count == 0 || !question.AllowToolCalls);
        var need = new CallNeed((prompt.Length / CharactersPerToken) + 1, price?.Input / 1_000_000m, price?.Output / 1_000_000m, isLast);
        var (reservation, exhausted) = budget.TryReserve(question.Scope, need, run.Options.MaxAnswerTokens);
        if (reservation is not null)
        {
            return reservation;
        }

        await RecordOnceAsync(run, exhausted!);
        throw new BudgetExhaustedException(exhausted!);
    }

    /// <summary>Records that a budget is used up, unless it is known already.</summary>
    public static async Task RecordOnceAsync(RunContext run, BudgetExhausted exhausted)
    {
        if (!run.Snapshot.Exhausted.Any(known => known.Budget == exhausted.Budget && known.Scope == exhausted.Scope))
        {
            await run.RecordAsync(exhausted);
        }
    }

    private ChatRequest Request(ModelQuestion question, CallReservation reservation, int number) => new()
    {
        Messages = question.Messages,
        Tools = question.Tools,
        AllowToolCalls = question.AllowToolCalls,
        // A call that is under way when the run goes on in the background goes on with it.
        Deadline = run.Input.ContinueAfterDeadline && run.Snapshot.BackgroundUntil is null ? null : run.Deadline,
        // Only where the budget is what bounds the answer: not every provider understands it.
        MaxOutputTokens = reservation.OutputTokens < run.Options.MaxAnswerTokens ? reservation.OutputTokens : null,
        Origin = new ModelCallOrigin
        {
            TenantId = run.Input.TenantId,
            CallId = $"{run.Input.RunId}/{number}",
            UserId = run.Input.Requester.UserId,
            Team = run.Input.Team,
            Feature = run.Input.Feature ?? "chat",
            Tags = run.Input.Tags ?? new Dictionary<string, string>(),
            RunId = run.Input.RunId,
            ConversationId = run.Input.ConversationId,
            PromptVersion = question.PromptVersion,
            Purpose = question.Scope is null ? question.Purpose : "handoff",
            IsExternal = run.Input.IsExternal,
            IsInteractive = !run.IsInBackground,
            // What a run does next, plans and answers is decided anew each time: the world may have changed since.
            Cache = ModelCacheHint.Never,
        },
    };

    private CancellationTokenSource Clock(string? scope)
    {
        if (budget.TimeLeft(scope) is not { } left)
        {
            return new CancellationTokenSource();
        }

        return new CancellationTokenSource(left <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : left < TimeSpan.FromDays(30) ? left : TimeSpan.FromDays(30), run.Time);
    }

    // What came was paid for, although the provider did not get to say how much it was.
    private static (CallReservation Reservation, ChatUsage? Usage) Used(CallReservation reservation, int streamed, ChatFinished? finished) =>
        (reservation, finished?.Usage ?? (streamed == 0 ? null : new ChatUsage(reservation.InputTokens, 0, (streamed / CharactersPerToken) + 1, null)));

    /// <summary>Records what came of a call that failed, and settles what it used.</summary>
    /// <returns>The exception that takes the place of the cause; null when the cause stands.</returns>
    private async Task<Exception?> FailedAsync(
        ModelException? cause, int number, WrittenPrompt prompt, AnswerWriter? writer, (CallReservation Reservation, ChatUsage? Usage) used, CancellationToken clock)
    {
        var scope = used.Reservation.Scope;
        // What the person has seen is also what the journal says.
        var facts = new List<RunFact>();
        if (writer is not null && await writer.FinishAsync() is { } shown)
        {
            facts.Add(shown);
        }

        var isOver = run.Work.IsCancellationRequested || run.Time.GetUtcNow() >= run.Deadline;
        var isLate = !isOver && clock.IsCancellationRequested;
        var hasFailed = cause is not null && !isOver && !isLate;
        if (hasFailed || used.Usage is not null)
        {
            var (code, message) = hasFailed ? (cause!.Code, cause.Message)
                : run.Stop.IsCancellationRequested ? ("interrupted", "The server was stopped while the model answered.")
                : run.IsCancelled ? ("cancelled", "It was stopped while the model answered.")
                : isLate ? ("budget", "The time of the budget was over while the model answered.")
                : isOver ? ("deadline", "The run's time was over while the model answered.")
                : ("internal", "The call was given up.");
            var failed = new ModelFailed
            {
                Call = number,
                Model = model.Name,
                Code = code,
                Message = message,
                PromptHash = prompt.Hash,
                Scope = scope,
                InputTokens = used.Usage?.InputTokens,
                OutputTokens = used.Usage?.OutputTokens,
                CostUsd = used.Usage?.CostUsd ?? Cost(used.Usage),
            };
            facts.Add(failed);
            budget.Settle(used.Reservation, failed);
        }
        else
        {
            budget.Release(used.Reservation);
        }

        await run.RecordAsync(facts, hasFailed || used.Usage is not null ? prompt.Contents : []);
        if (isLate)
        {
            var exhausted = budget.TimeExhausted(scope);
            await RecordOnceAsync(run, exhausted);
            return new BudgetExhaustedException(exhausted);
        }

        // The model's clock may notice the run's deadline first.
        return isOver && cause is not null ? new OperationCanceledException("The run's time is over.", cause) : null;
    }

    private decimal? Cost(ChatUsage? usage) => usage is not null && model.Price is { } price
        ? (((usage.InputTokens - usage.CachedInputTokens) * price.Input) + (usage.CachedInputTokens * price.CachedInput) + (usage.OutputTokens * price.Output)) / 1_000_000m
        : null;
}
