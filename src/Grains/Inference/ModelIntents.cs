using Microsoft.Extensions.Logging;
using Steward.Engines.Inference;
using Steward.Engines.Orchestration.Intents;

namespace Steward.Inference;

/// <summary>
/// Judges messages with the shipped models of this silo's own engine: two short texts, about a millisecond each, so that a way to another silo's GPU would cost more than it saves.
/// </summary>
internal sealed partial class ModelIntents(IInferenceEngine engine, TimeProvider time, ILogger<ModelIntents> logger) : IIntentClassifier
{
    private const string IntentModel = "clinc150";
    private const string ComplexityModel = "request-complexity";

    // Below this both models are wrong too often about companies' short requests, on which they were not trained.
    private const double Sure = 0.9;

    // Longer than both runs take on an idle processor, and short enough that nobody notices when they do not come.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(25);

    // Intents of everyday life that no system of a company is asked for. Others, such as a blocked account or a day off, may well be a playbook's.
    private static readonly HashSet<string> Everyday = new(StringComparer.Ordinal)
    {
        "are_you_a_bot", "calories", "cook_time", "do_you_have_pets", "flip_coin", "food_last", "fun_fact", "gas", "gas_type", "goodbye", "greeting", "how_old_are_you",
        "ingredient_substitution", "ingredients_list", "jump_start", "meal_suggestion", "meaning_of_life", "measurement_conversion", "mpg", "next_song", "nutrition_info", "oil_change_how", "oil_change_when", "play_music",
        "plug_type", "recipe", "restaurant_reviews", "restaurant_suggestion", "roll_dice", "tell_joke", "thank_you", "tire_change", "tire_pressure", "translate", "uber", "update_playlist", "vaccines", "weather",
        "what_are_your_hobbies", "what_can_i_ask_you", "what_is_your_name", "what_song", "where_are_you_from", "who_made_you",
    };

    /// <inheritdoc/>
    public async ValueTask<IntentJudgement?> JudgeAsync(string tenantId, string text, CancellationToken cancellationToken = default)
    {
        if (!engine.Status.IsAvailable)
        {
            return null;
        }

        try
        {
            // The engine drops what is late by itself; a model that is only being loaded goes on loading, for the next message.
            var intent = AskAsync(IntentModel, tenantId, text);
            var complexity = AskAsync(ComplexityModel, tenantId, text);
            await Task.WhenAll(intent, complexity).WaitAsync(Patience, time, cancellationToken);
            return await intent is not { } found
                ? null
                : new IntentJudgement
                {
                    Intent = found.Label,
                    Confidence = found.Confidence,
                    Version = $"{IntentModel}/{found.Version}",
                    IsSure = found.Confidence >= Sure,
                    IsOutOfScope = found.Confidence >= Sure && Everyday.Contains(found.Label),
                    Complexity = await complexity is { Confidence: >= Sure } level ? level.Label : null,
                };
        }
        catch (TimeoutException)
        {
            LogLate(Patience.TotalMilliseconds);
            return null;
        }
    }

    // Not the caller's cancellation: the answer of a model that is being loaded is of use to nobody, the model is.
    private async Task<Classification?> AskAsync(string model, string tenantId, string text)
    {
        var request = new ClassifyRequest { Model = model, Tenant = tenantId, Text = text, Top = 1, Deadline = time.GetUtcNow() + Patience };
        return (await engine.ClassifyAsync(request, CancellationToken.None)).Value;
    }

    [LoggerMessage(EventId = 6002, Level = LogLevel.Debug, Message = "The intent of a message was not known within {Milliseconds} ms; the playbooks' rules decide alone")]
    private partial void LogLate(double milliseconds);
}
