using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Gateway;

/// <summary>Refuses what none of the models that could answer can do, before anything is reserved or sent: context, tools, images, structured answers.</summary>
internal sealed class CapabilitiesStage(IChatModelSource models, IOptions<ModelsOptions> options) : IModelStage
{
    private readonly ModelCapabilityTable _table = new(options.Value.Capabilities);

    public string Name => "capabilities";

    public int Order => ModelStageOrder.Capabilities;

    public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var targets = models.TargetsOf(call.Model == ModelCall.Auto ? ModelTiers.Standard : call.Model).Where(target => PolicyRules.MayUse(call.Policy, target.Name));
        if (_table.MissingIn(targets, call.Request) is { } missing)
        {
            throw new ModelException("model_not_capable", $"No model that could answer can do what is asked: {missing}.");
        }

        return default;
    }

    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => default;
}
