using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Asking;
using Steward.Engines.Orchestration;
using Steward.Identity;

namespace Steward.Memory;

/// <summary>Tells runs what is remembered of the person in whose name they act, and answers what that person asks of the memory. A memory that does not answer in time holds no run up.</summary>
internal sealed class RunMemory(
    IGrainFactory grains, PlatformIdentity platform, QuestionEmbedder questions, IOptions<MemoryOptions> options, TimeProvider time, ILogger<RunMemory> logger) : IRunMemory
{
    private const int MaxQuestion = 2_000;

    /// <inheritdoc/>
    public async ValueTask<MemoryRecalled?> RecallAsync(RunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!options.Value.IsEnabled)
        {
            return null;
        }

        try
        {
            var recall = await Task.Run(() => AskAsync(input, cancellationToken), cancellationToken).WaitAsync(options.Value.RecallPatience, time, cancellationToken);
            return recall.Memories.Count == 0 ? null : new MemoryRecalled { Mode = recall.Mode, Memories = [.. recall.Memories.Select(recalled => MemoryChat.Item(recalled.Memory, recalled.Reason, time.GetUtcNow()))] };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The answer does not depend on it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotRecalled(logger, exception, input.TenantId);
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MemoryAnswer?> AnswerAsync(RunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!options.Value.IsEnabled || Read(input) is not { } request)
        {
            return null;
        }

        try
        {
            var chat = new MemoryChat(Memory(input), input.RunId, time);
            return request.Kind switch
            {
                MemoryRequestKind.Tell => await chat.TellAsync(cancellationToken),
                MemoryRequestKind.Correct => await chat.CorrectAsync(request, cancellationToken),
                MemoryRequestKind.Forget => await chat.ForgetAsync(request.About, cancellationToken),
                MemoryRequestKind.ForgetAll => new MemoryAnswer($"That removes everything that I remember of you, for good. If you want that, write: {MemoryRequest.ForSure}", null),
                _ => await chat.ForgetAllAsync(cancellationToken),
            };
        }
        catch (Errors.StewardException exception)
        {
            MemoryLog.NotRecalled(logger, exception, input.TenantId);
            return new MemoryAnswer($"I cannot open your memory now: {exception.Message}", null);
        }
    }

    // What is right is said of something that has just been told; anywhere else it is a message as any other.
    private static MemoryRequest? Read(RunInput input) =>
        MemoryRequest.Read(input.Text)
        ?? (input.History is [.., { Role: "assistant" } last] && last.Text.StartsWith(MemoryChat.Begins, StringComparison.Ordinal) ? MemoryRequest.ReadCorrection(input.Text) : null);

    private async Task<MemoryRecall> AskAsync(RunInput input, CancellationToken cancellationToken)
    {
        var text = input.Text.Length <= MaxQuestion ? input.Text : input.Text[..MaxQuestion];
        var query = new RecallMemories { Text = text, Top = options.Value.RecallTop, MaxTokens = options.Value.RecallTokens };
        if (!questions.HasEmbedder)
        {
            return await Memory(input).Recall(query with { RunId = input.RunId }, cancellationToken);
        }

        // Most people have no memories: their messages need not be embedded.
        var byWords = await Memory(input).Recall(query, cancellationToken);
        if (byWords.Count == 0)
        {
            return byWords;
        }

        var embedded = await questions.EmbedAsync(input.TenantId, input.Requester.UserId, query, isInteractive: !input.Background, cancellationToken);
        return await Memory(input).Recall(embedded with { RunId = input.RunId }, cancellationToken);
    }

    private IUserMemoryGrain Memory(RunInput input)
    {
        platform.Assume(input.TenantId);
        return grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(input.TenantId, input.Requester.UserId));
    }
}
