using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Models;

/// <summary>Makes the calls of the endpoint: of chats through the model gateway, of embedders at the inference engine or a provider. Every end, whatever it is, becomes the last event.</summary>
internal sealed partial class ModelCallRunner(
    IModelGateway gateway, IEmbeddingModelSource embedders, IModelTenantPolicies policies, IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ModelCallRunner> logger)
{
    /// <summary>The platform's own embedder, as callers name it.</summary>
    public const string Embedder = "steward/embedder";

    private const string EmbedderModel = "embedder";

    /// <summary>Makes a call and writes its events.</summary>
    /// <param name="command">The call.</param>
    /// <param name="caller">Whose.</param>
    /// <param name="callId">Its id.</param>
    /// <param name="buffer">Where the events go.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(StartModelCall command, CallerIdentity caller, string callId, ModelCallBuffer buffer, CancellationToken stop)
    {
        try
        {
            var work = command.Embedding is { } embedding ? EmbedAsync(command.Model, embedding, caller, buffer, stop) : ChatAsync(command, caller, callId, buffer, stop);
            await work;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Fail(buffer, new ModelCallFailure { Code = "cancelled", Message = "The call was stopped." });
        }
        catch (ModelException failed)
        {
            Fail(buffer, new ModelCallFailure { Code = failed.Code, Message = failed.Message, IsRetryable = failed.IsRetryable, RetryAfter = failed.RetryAfter });
        }
        catch (StewardException failed)
        {
            Fail(buffer, new ModelCallFailure { Code = failed.Code, Message = failed.Message, IsRetryable = failed.IsRetryable, RetryAfter = failed.RetryAfter, Field = failed.Field });
        }
#pragma warning disable CA1031 // Whoever reads has to learn that it is over, whatever it was.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            LogDefect(defect, callId);
            Fail(buffer, new ModelCallFailure { Code = ErrorCodes.Internal, Message = "The call could not be carried out because of a defect." });
        }
    }

    private async Task ChatAsync(StartModelCall command, CallerIdentity caller, string callId, ModelCallBuffer buffer, CancellationToken stop)
    {
        if (!gateway.IsConfigured)
        {
            throw new ModelException("model_not_configured", "No language model is configured. Set OPENAI_API_KEY or Steward:Models:Providers on the silos.");
        }

        var origin = new ModelCallOrigin
        {
            TenantId = caller.TenantId,
            CallId = callId,
            UserId = caller.UserId,
            Team = command.Team,
            Feature = command.Feature,
            Tags = command.Tags,
            ConversationId = command.ConversationId,
            IsExternal = true,
            // Whoever sets a temperature wants answers that differ.
            Cache = command.NoCache || command.Chat!.Temperature > 0 ? ModelCacheHint.Never : ModelCacheHint.Default,
        };
        var call = new ModelCall(origin, ModelCallRequests.ToRequest(command.Chat!), command.Model, time.GetUtcNow());
        var hasBegun = false;
        await foreach (var delta in gateway.StreamAsync(call, stop))
        {
            if (!hasBegun)
            {
                hasBegun = true;
                buffer.Add(Event(ModelCallEventKind.Begun) with { Route = ModelCallRequests.RouteOf(call) });
            }

            switch (delta)
            {
                case ChatText text:
                    buffer.Add(Event(ModelCallEventKind.Text) with { Text = text.Text });
                    break;
                case ChatToolCall tool:
                    buffer.Add(Event(ModelCallEventKind.ToolCall) with { ToolCall = new ModelToolCall { Id = tool.Call.Id, Name = tool.Call.Name, Arguments = tool.Call.Arguments } });
                    break;
                case ChatFinished finished:
                    buffer.Add(Event(ModelCallEventKind.Finished) with { End = ModelCallRequests.EndOf(finished) });
                    break;
                default:
                    break;
            }
        }
    }

    private async Task EmbedAsync(string model, ModelEmbedding embedding, CallerIdentity caller, ModelCallBuffer buffer, CancellationToken stop)
    {
        var answer = model == Embedder ? await EmbedHereAsync(embedding, caller.TenantId, stop) : await EmbedElsewhereAsync(model, embedding, caller.TenantId, stop);
        buffer.Add(Event(ModelCallEventKind.Begun) with { Route = new ModelCallRoute() });
        buffer.Add(Event(ModelCallEventKind.Vectors) with { Vectors = answer.Vectors });
        buffer.Add(Event(ModelCallEventKind.Finished) with { End = new ModelCallEnd { Reason = "stop", Model = answer.Model, InputTokens = answer.InputTokens, CostUsd = answer.CostUsd } });
    }

    private async Task<EmbeddingAnswer> EmbedHereAsync(ModelEmbedding embedding, string tenantId, CancellationToken stop)
    {
        platform.Assume(tenantId);
        var found = await grains.GetGrain<IInferenceGrain>(EmbedderModel).Embed(new EmbedTexts { TenantId = tenantId, Texts = embedding.Texts }, stop);
        if (embedding.Dimensions is { } wanted && found.Vectors.Count > 0 && found.Vectors[0].Length != wanted)
        {
            throw StewardException.Invalid("dimensions", $"must be {found.Vectors[0].Length} for {Embedder}, or left out: its vectors cannot be shortened.");
        }

        return new EmbeddingAnswer(found.Vectors, $"{Embedder}@{found.Version}", null, 0m);
    }

    private async Task<EmbeddingAnswer> EmbedElsewhereAsync(string model, ModelEmbedding embedding, string tenantId, CancellationToken stop)
    {
        var policy = await policies.GetAsync(tenantId, stop);
        if (!policy.Models.Contains("*") && !policy.Models.Contains(model))
        {
            throw new ModelException("model_not_allowed", $"The model '{model}' may not be asked for by name in this tenant. {Embedder} always may.");
        }

        var embedder = embedders.Find(model) ?? throw new ModelException("model_missing", $"The model '{model}' is not configured as an embedder (Steward:Models:Embedders).");
        return await embedder.EmbedAsync(new EmbeddingRequest { Texts = embedding.Texts, Dimensions = embedding.Dimensions }, stop);
    }

    private static void Fail(ModelCallBuffer buffer, ModelCallFailure failure) => buffer.Add(Event(ModelCallEventKind.Failed) with { Failure = failure });

    private static ModelCallEvent Event(ModelCallEventKind kind) => new() { Sequence = 0, Kind = kind };

    [LoggerMessage(EventId = 6101, Level = LogLevel.Error, Message = "The model call {Call} failed")]
    private partial void LogDefect(Exception exception, string call);
}
