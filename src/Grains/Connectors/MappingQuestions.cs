using System.Security.Cryptography;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Models;
using Steward.Errors;

namespace Steward.Connectors;

/// <summary>
/// What one connector instance asks models about mappings. Each question is asked beside the activation, whose calls look at how far it is and never wait for a model themselves for longer than
/// <see cref="CallsUnderWay.AnswerWithin"/>. Of the activation, whose turns alone use it: lost with it, and asked again then, since nothing is changed by asking.
/// </summary>
internal sealed class MappingQuestions(TimeProvider time, IChatModelProvider? models = null)
{
    /// <summary>The most of an instance at a time. Answers take room, too: the oldest makes way for a new question.</summary>
    public const int MaxKept = 16;

    private const int MaxSuggestions = 100;
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    // In the order in which they were asked.
    private readonly OrderedDictionary<string, MappingQuestion> _kept = new(StringComparer.Ordinal);

    /// <summary>Asks. Where no model is configured there is nothing to wait for: the answer needs this process alone.</summary>
    /// <returns>The suggestions, or else where they can be waited for: <see cref="SuggestedMappings.UnderWay"/>.</returns>
    /// <exception cref="StewardException"><c>overloaded</c>: as many are being asked as may be.</exception>
    public Task<SuggestedMappings> AskAsync(string tenantId, string userId, IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets)
    {
        if (models?.ForTenant(tenantId) is not { } model)
        {
            return Task.Run(() => SuggestAsync(new MappingSuggester(), null, sources, targets, CancellationToken.None));
        }

        MakeRoom();

        // Nobody disposes of it: it has neither a timer nor a wait handle, and who waits may stop the question at any time.
        var stop = new CancellationTokenSource();
        var suggester = new MappingSuggester(new ChatMappingModel(model, tenantId, userId, time));
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _kept.Add(id, new MappingQuestion(userId, Task.Run(() => SuggestAsync(suggester, model.Name, sources, targets, stop.Token), CancellationToken.None), stop));
        return Task.FromResult(Going(id));
    }

    /// <summary>Waits a moment for the answer to a question.</summary>
    /// <param name="id">The question.</param>
    /// <param name="userId">Who asked it.</param>
    /// <param name="cancellationToken">Stops the question, too.</param>
    /// <returns>The suggestions, or that they are still to be waited for; null when this person has no such question here.</returns>
    public async Task<SuggestedMappings?> WaitAsync(string id, string userId, CancellationToken cancellationToken)
    {
        if (!_kept.TryGetValue(id, out var question) || question.UserId != userId)
        {
            return null;
        }

        await using var stopping = cancellationToken.Register(question.Stop.Cancel);
        return await ConnectorCallUnderWayGrain.EndsSoonAsync(question.Answer, time) ? await question.Answer : Going(id);
    }

    /// <summary>Stops what is being asked.</summary>
    public async Task StopAsync()
    {
        // Others may be asked meanwhile.
        foreach (var question in _kept.Values.ToList())
        {
            await question.Stop.CancelAsync();
        }
    }

    private void MakeRoom()
    {
        if (_kept.Count < MaxKept)
        {
            return;
        }

        var oldest = _kept.FirstOrDefault(question => question.Value.Answer.IsCompleted).Key
            ?? throw new StewardException(ErrorCodes.Overloaded, "A model is being asked for mappings of this connector as often as may be at a time; ask again when one has answered.") { IsRetryable = true, RetryAfter = AskAgainAfter };
        _kept.Remove(oldest);
    }

    private static async Task<SuggestedMappings> SuggestAsync(
        MappingSuggester suggester, string? modelName, IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken stop)
    {
        MappingSuggestions suggested;
        try
        {
            suggested = await suggester.SuggestAsync(sources, targets, stop);
        }
        catch (OperationCanceledException exception) when (stop.IsCancellationRequested)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The model was stopped before it had answered; ask again.", exception) { IsRetryable = true };
        }

        return new SuggestedMappings
        {
            Suggestions =
            [
                .. suggested.Suggestions.Take(MaxSuggestions).Select(suggestion => new SuggestedMapping
                {
                    From = suggestion.From,
                    To = suggestion.To,
                    Function = suggestion.Function,
                    Score = suggestion.Score,
                    Source = suggestion.Source,
                }),
            ],
            Model = suggested.Model switch { MappingModelUse.Used => "used", MappingModelUse.Failed => "failed", _ => "not_configured" },
            ModelName = modelName,
        };
    }

    private static SuggestedMappings Going(string id) => new() { Suggestions = [], Model = "running", UnderWay = id };
}

/// <summary>One of them.</summary>
/// <param name="userId">Who asked.</param>
/// <param name="answer">The suggestions.</param>
/// <param name="stop">Stops it.</param>
internal sealed class MappingQuestion(string userId, Task<SuggestedMappings> answer, CancellationTokenSource stop)
{
    /// <summary>Who asked.</summary>
    public string UserId => userId;

    /// <summary>The suggestions.</summary>
    public Task<SuggestedMappings> Answer => answer;

    /// <summary>Stops it.</summary>
    public CancellationTokenSource Stop => stop;
}
