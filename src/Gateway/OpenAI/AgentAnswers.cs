using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Client;
using Steward.Errors;
using Steward.Models;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Gateway.OpenAI;

/// <summary>
/// Lets an agent answer by a full, durable run. Whoever goes away ends the stream and not the run. A run that waits for a person does not keep the caller waiting: the answer says what it waits for.
/// </summary>
internal static class AgentAnswers
{
    private const int MaxText = 32_000;

    /// <summary>Hands the conversation in and gives the run's answer as the events of a call.</summary>
    /// <param name="client">The person.</param>
    /// <param name="options">The agent, and how its run is counted.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="sessionId">The session that holds the conversation; null makes one for this request.</param>
    /// <param name="operationId">The same for a repetition; null draws one.</param>
    /// <param name="cancellationToken">Stops watching; the run goes on.</param>
    public static async IAsyncEnumerable<ModelCallEvent> AskAsync(
        IStewardUserClient client, RunRequestOptions options, ModelRequest request, string? sessionId, string? operationId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.NotForAgents is { } own)
        {
            throw StewardException.Invalid(own, "is not for agents: they bring their own tools and models. Ask a model or a tier instead.");
        }

        var text = TextOf(request.Chat.Messages, isSessionKnown: sessionId is not null);
        var session = await client.CreateSessionAsync(sessionId ?? SessionOf(operationId), cancellationToken: cancellationToken);
        var submitted = await client.SubmitAsync(session.SessionId, text, operationId, options: options, watch: true, cancellationToken: cancellationToken);
        var runId = submitted.RunId ?? throw new StewardException(submitted.Outcome == SubmitOutcome.Overloaded ? ErrorCodes.Overloaded : ErrorCodes.Conflict, submitted.Reason ?? "The message was not accepted.")
        {
            IsRetryable = submitted.Outcome == SubmitOutcome.Overloaded,
            RetryAfter = submitted.RetryAfter,
        };
        yield return new ModelCallEvent { Sequence = 0, Kind = ModelCallEventKind.Begun, Route = new ModelCallRoute { RunId = runId } };

        var answer = new AppendedAnswer();
        await foreach (var next in client.WatchOwnRunAsync(runId, 0, cancellationToken))
        {
            var said = Read(next, runId, answer);
            if (said.Length > 0)
            {
                yield return new ModelCallEvent { Sequence = next.Sequence, Kind = ModelCallEventKind.Text, Text = said };
            }

            if (next.Type is "run.waiting" or "run.ended")
            {
                yield return await EndAsync(client, runId, next, cancellationToken);
                yield break;
            }
        }

        throw new StewardException(ErrorCodes.Unavailable, $"The events of run {runId} ended early. GET /v1/runs/{runId} says what became of it.") { IsRetryable = true, OutcomeUnknown = true };
    }

    /// <summary>The message that is handed in: the last one where the session knows the others, else all of them.</summary>
    internal static string TextOf(IReadOnlyList<ModelMessage> messages, bool isSessionKnown)
    {
        var last = messages[^1];
        if (last.Role != "user")
        {
            throw StewardException.Invalid("messages", "must end with a message of the user for an agent.");
        }

        var text = last.Text;
        if (!isSessionKnown && messages.Count > 1)
        {
            var all = new StringBuilder("The conversation so far:\n");
            foreach (var message in messages.Take(messages.Count - 1).Where(message => message.Role != "tool" && message.Text.Length > 0))
            {
                all.Append('[').Append(message.Role switch { "system" => "instructions of the client", _ => message.Role }).Append("] ").AppendLine(message.Text);
            }

            text = all.Append("\nThe message to answer:\n").Append(last.Text).ToString();
        }

        return text.Length is > 0 and <= MaxText
            ? text
            : throw StewardException.Invalid("messages", $"must have 1 to {MaxText:N0} characters together for an agent. Send x-steward-session: the session then knows what was said, and only the last message counts.");
    }

    private static string Read(RunEvent next, string runId, AppendedAnswer answer)
    {
        using var data = JsonDocument.Parse(next.Data);
        switch (next.Type)
        {
            case "answer.delta":
                return answer.Add(data.RootElement.GetProperty("offset").GetInt32(), data.RootElement.GetProperty("text").GetString() ?? "");
            case "run.waiting":
                var summary = data.RootElement.TryGetProperty("summary", out var waits) ? waits.GetString() : null;
                return $"{(answer.Length > 0 ? "\n\n" : "")}This waits for a person to decide: {summary ?? "see the run"}. The run {runId} goes on after the decision; GET /v1/runs/{runId} says what became of it.";
            default:
                return "";
        }
    }

    private static async Task<ModelCallEvent> EndAsync(IStewardUserClient client, string runId, RunEvent last, CancellationToken cancellationToken)
    {
        var status = await client.GetRunAsync(runId, cancellationToken);
        if (status.State is RunState.Failed or RunState.Cancelled && last.Type == "run.ended")
        {
            var isCancelled = status.State == RunState.Cancelled;
            return new ModelCallEvent
            {
                Sequence = last.Sequence,
                Kind = ModelCallEventKind.Failed,
                Failure = new ModelCallFailure
                {
                    // Tags are the caller's to send; whatever else a run fails for is not.
                    Code = isCancelled ? "run_cancelled" : status.ErrorCode == "model_tags_missing" ? status.ErrorCode : "run_failed",
                    Message = isCancelled ? $"The run {runId} was stopped." : $"The run {runId} failed ({status.ErrorCode ?? "unknown"}). {status.Answer}".TrimEnd(),
                },
            };
        }

        var usage = status.Usage;
        return new ModelCallEvent
        {
            Sequence = last.Sequence,
            Kind = ModelCallEventKind.Finished,
            End = new ModelCallEnd
            {
                Reason = status.State == RunState.Partial ? "length" : "stop",
                Model = "",
                InputTokens = usage.InputTokens,
                OutputTokens = usage.OutputTokens,
                CostUsd = usage.ModelCalls == 0 ? 0m : usage.CostUsd,
                Degradation = status.Degradation ?? "full",
            },
        };
    }

    // A repetition finds the session, and with it the run, of the first attempt.
    private static string? SessionOf(string? operationId) =>
        operationId is null ? null : "s-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("openai\n" + operationId)))[..32];

    /// <summary>An answer that may be taken back in part, for readers who can only append.</summary>
    internal sealed class AppendedAnswer
    {
        private readonly StringBuilder _shown = new();
        private readonly StringBuilder _answer = new();

        /// <summary>How much was shown.</summary>
        public int Length => _shown.Length;

        /// <summary>Takes a part and gives what has to be appended.</summary>
        public string Add(int offset, string text)
        {
            offset = Math.Clamp(offset, 0, _answer.Length);
            _answer.Length = offset;
            _answer.Append(text);
            var answer = _answer.ToString();
            var shown = _shown.ToString();
            // What comes again as it was is not said twice.
            if (shown.StartsWith(answer, StringComparison.Ordinal))
            {
                return "";
            }

            var isMore = answer.StartsWith(shown, StringComparison.Ordinal);
            var more = isMore ? answer[shown.Length..] : $"\n\n[The answer begins anew.]\n{answer}";
            _shown.Clear().Append(answer);
            return more;
        }
    }
}
