using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Models.Quality;
using Steward.Operations;

namespace Steward.Models.Feedback;

/// <summary>Owns what a person said of one answer. Persists: <see cref="FeedbackState"/>. Woken by: that person, exports and retention.</summary>
internal sealed class FeedbackGrain(
    [PersistentState("feedback", StorageNames.GrainState)] IPersistentState<FeedbackState> state, KnownAnswers answers, FeedbackTrials trials, PlatformIdentity platform, TimeProvider time) : StewardGrain, IFeedbackGrain
{
    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string Target => GrainKeys.LastPart(this.GetPrimaryKeyString())[2..];

    /// <inheritdoc/>
    public async Task<FeedbackInfo> Give(GiveFeedback feedback, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        FeedbackRules.Check(feedback);
        if (await answers.FindAsync(TenantId, Target) is not { } answer || answer.UserId != caller.UserId)
        {
            throw StewardException.NotFound("The answer");
        }

        var now = time.GetUtcNow();
        var kept = FeedbackRules.Kept(Target, answer, feedback);
        await ListAsync(DateOnly.FromDateTime(now.UtcDateTime));
        state.State.Entry = new FeedbackEntry
        {
            UserId = caller.UserId,
            Name = feedback.MayBeLearnt ? caller.Name : null,
            At = now.ToMilliseconds(),
            Said = kept,
            IsEdited = feedback.Edited is not null,
            Variants = answer.Variants,
            PromptVersion = answer.PromptVersion,
        };
        await Write();

        // What follows is repeated with the whole when it fails; each part counts once.
        await trials.CountAsync(TenantId, answer, feedback);
        if (feedback.IsGood is { } good)
        {
            platform.Assume(TenantId);
            await GrainFactory.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(TenantId)).Label(new AnswerLabel { Target = Target, IsGood = good }, CancellationToken.None);
        }

        return Info(state.State.Entry);
    }

    /// <inheritdoc/>
    public Task<FeedbackInfo?> Get(CancellationToken cancellationToken = default) =>
        Task.FromResult(state.State.Entry is { } entry && entry.UserId == Caller.Required.UserId ? Info(entry) : null);

    /// <inheritdoc/>
    public async Task Withdraw(CancellationToken cancellationToken = default)
    {
        if (state.State.Entry is { } entry && entry.UserId == Caller.Required.UserId)
        {
            state.State.Entry = null;
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task<FeedbackExample?> Export(DateOnly day, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(state.State is { Entry: { Said: { MayBeLearnt: true, Input: { } input, Answer: { } answer } said } entry } && state.State.ListedOn == day
            ? new FeedbackExample { Input = input, Answer = answer, Edited = said.Edited, IsGood = said.IsGood, IsEscalated = said.IsEscalated, Name = entry.Name }
            : null);
    }

    /// <inheritdoc/>
    public async Task Retire(DateOnly lastDay, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.ListedOn is { } day && day <= lastDay)
        {
            await state.ClearStateAsync(CancellationToken.None);
            DeactivateOnIdle();
        }
    }

    // The list first: what stands there and was not said is passed over, what was said and does not stand there would never be removed.
    private async Task ListAsync(DateOnly day)
    {
        if (state.State.ListedOn != day)
        {
            platform.Assume(TenantId);
            await GrainFactory.GetGrain<IFeedbackIndexGrain>(GrainKeys.FeedbackIndex(TenantId)).Add(Target, CancellationToken.None);
            state.State.ListedOn = day;
        }
    }

    private FeedbackInfo Info(FeedbackEntry entry) => new()
    {
        Target = Target,
        At = entry.At,
        IsGood = entry.Said.IsGood,
        IsEdited = entry.IsEdited,
        IsEscalated = entry.Said.IsEscalated,
        IsSolved = entry.Said.IsSolved,
        Score = entry.Said.Score,
        Comment = entry.Said.Comment,
        MayBeLearnt = entry.Said.MayBeLearnt,
        Variants = entry.Variants,
        PromptVersion = entry.PromptVersion,
    };

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}
