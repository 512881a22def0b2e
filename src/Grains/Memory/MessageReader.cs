using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;

namespace Steward.Memory;

/// <summary>Finds what a message says of its author: with the tenant's small model where that is switched on and there is one, by rules otherwise, and when the model fails.</summary>
internal sealed class MessageReader(IStatementExtractor rules, IChatModelProvider models, IOptions<MemoryOptions> options, TimeProvider time, ILogger<MessageReader> logger)
{
    private const int MaxMessage = 8_000;
    private const int MaxAnswer = 16_000;
    private const int MaxTokens = 1_000;
    private const int MostAttempts = 3;
    private static readonly TimeSpan MayBeCutOff = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The statements of a message, in its order.</summary>
    public async Task<IReadOnlyList<Statement>> ReadAsync(string tenantId, string userId, string runId, string text)
    {
        if (options.Value.ExtractsWithModel && text.Length <= MaxMessage && models.ForTenant(tenantId, ModelTiers.Small) is { } model)
        {
            try
            {
                if (StatementReader.Read(await AskAsync(model, tenantId, userId, runId, text), text) is { } statements)
                {
                    return statements;
                }
            }
            catch (ModelException exception)
            {
                MemoryLog.NotAsked(logger, exception, tenantId, exception.Code);
            }
        }

        return await ReadByRulesAsync(text);
    }

    // Forms give up after a second, by the clock: code that is compiled first, or a processor that others have, costs a message what it says. What was fast was read whole.
    private async Task<IReadOnlyList<Statement>> ReadByRulesAsync(string text)
    {
        for (var attempt = 1; ; attempt++)
        {
            var began = time.GetTimestamp();
            var statements = await rules.ExtractAsync(text, CancellationToken.None);
            if (attempt == MostAttempts || text.Length > MaxMessage || time.GetElapsedTime(began) < MayBeCutOff)
            {
                return statements;
            }
        }
    }

    /// <summary>What a model is asked about a message; without an origin and a deadline.</summary>
    internal static ChatRequest Request(string text) => new()
    {
        Messages = [new ChatMessage { Role = ChatRole.System, Text = StatementReader.Instructions }, new ChatMessage { Role = ChatRole.User, Text = text }],
        Format = new ChatFormat { Schema = StatementReader.Schema, Name = "statements", IsStrict = true },
        MaxOutputTokens = MaxTokens,
    };

    private async Task<string> AskAsync(IChatModel model, string tenantId, string userId, string runId, string text)
    {
        var answer = new StringBuilder();
        var request = Request(text) with
        {
            Deadline = time.GetUtcNow() + Patience,
            Origin = new ModelCallOrigin { TenantId = tenantId, CallId = $"{runId}/memory", UserId = userId, RunId = runId, Feature = "memory", IsInteractive = false, PromptVersion = StatementReader.Version, Cache = ModelCacheHint.Never },
        };
        await foreach (var delta in model.StreamAsync(request, CancellationToken.None))
        {
            if (delta is ChatText part && answer.Length < MaxAnswer)
            {
                answer.Append(part.Text);
            }
        }

        return answer.ToString();
    }
}
