using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>The playbooks of a folder.</summary>
public sealed class PlaybookCatalog
{
    private PlaybookCatalog(IReadOnlyList<Playbook> playbooks) => Playbooks = playbooks;

    /// <summary>A catalog without playbooks.</summary>
    public static PlaybookCatalog Empty { get; } = new([]);

    /// <summary>All playbooks, by id.</summary>
    public IReadOnlyList<Playbook> Playbooks { get; }

    /// <summary>The catalog of these playbooks.</summary>
    /// <exception cref="DefinitionException">Two have the same id.</exception>
    public static PlaybookCatalog Of(IEnumerable<Playbook> playbooks)
    {
        var ordered = playbooks.OrderBy(playbook => playbook.Id, StringComparer.Ordinal).ToList();
        for (var i = 1; i < ordered.Count; i++)
        {
            if (ordered[i].Id == ordered[i - 1].Id)
            {
                throw new DefinitionException(ordered[i].File, 1, $"the playbook '{ordered[i].Id}' is also in {ordered[i - 1].File}.");
            }
        }

        return new PlaybookCatalog(ordered);
    }

    /// <summary>Reads every <c>*.yaml</c> of a folder except <c>policy.yaml</c>.</summary>
    /// <exception cref="DefinitionException">The folder is missing, or a file in it is wrong: every fault of every file is named.</exception>
    public static PlaybookCatalog Load(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DefinitionException(directory, 1, "the playbook folder does not exist.");
        }

        var errors = new List<DefinitionError>();
        var playbooks = new List<Playbook>();
        foreach (var file in Directory.EnumerateFiles(directory, "*.yaml").Where(file => Path.GetFileName(file) != "policy.yaml").Order(StringComparer.Ordinal))
        {
            try
            {
                playbooks.Add(PlaybookCompiler.Compile(File.ReadAllText(file), Path.GetFileName(file)));
            }
            catch (DefinitionException e)
            {
                errors.AddRange(e.Errors);
            }
        }

        return errors.Count == 0 ? Of(playbooks) : throw new DefinitionException(errors);
    }

    /// <summary>One playbook, or null.</summary>
    public Playbook? Find(string id) => Playbooks.FirstOrDefault(playbook => playbook.Id == id);

    /// <summary>What a playbook lacks to work with these operations: operations that do not exist, arguments that they do not take, fixed values that do not fit.</summary>
    public static IReadOnlyList<DefinitionError> CheckOperations(Playbook playbook, IReadOnlyList<ConnectorOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(playbook);
        var errors = new List<DefinitionError>();
        foreach (var step in playbook.Steps)
        {
            var operation = operations.FirstOrDefault(candidate => candidate.Id == step.Call);
            if (operation is null)
            {
                errors.Add(new DefinitionError(playbook.File, step.Line, $"step '{step.Id}': there is no operation '{step.Call}'; its connector may not be configured."));
                continue;
            }

            if (step.Speculative && operation.Effect != OperationEffect.Read)
            {
                errors.Add(new DefinitionError(playbook.File, step.Line, $"step '{step.Id}': 'speculative' is only for steps that read, and '{step.Call}' changes something."));
            }

            CheckArguments(playbook, step, operation.InputSchema, errors);
        }

        return errors;
    }

    private static void CheckArguments(Playbook playbook, PlaybookStep step, JsonElement schema, List<DefinitionError> errors)
    {
        void Fault(string message) => errors.Add(new DefinitionError(playbook.File, step.Line, $"step '{step.Id}': {message}"));
        if (!schema.TryGetProperty("properties", out var properties))
        {
            return;
        }

        foreach (var name in step.With.FieldNames)
        {
            if (!properties.TryGetProperty(name, out var property))
            {
                if (!schema.TryGetProperty("additionalProperties", out var additional) || additional.ValueKind != JsonValueKind.False)
                {
                    continue;
                }

                Fault($"'{step.Call}' takes no '{name}'; it takes {string.Join(", ", properties.EnumerateObject().Select(known => known.Name))}.");
            }
            else if (step.With.ConstantOf(name) is { } constant)
            {
                try
                {
                    foreach (var error in JsonSchema.Parse(property).Validate(Expressions.Values.Element(constant)))
                    {
                        Fault($"'{name}' {error.Message}");
                    }
                }
                catch (SchemaException e)
                {
                    Fault($"the input schema of '{step.Call}' cannot be checked: {e.Message}");
                }
            }
        }

        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(item => item.GetString()!).Except(step.With.FieldNames))
            {
                Fault($"'{step.Call}' needs '{name}'.");
            }
        }
    }
}
