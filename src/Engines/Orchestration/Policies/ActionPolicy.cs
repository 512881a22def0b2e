using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Policies;

/// <summary>
/// Who may do what, whoever proposes it: playbook or model. Reads are allowed unless listed, everything else is denied unless listed. The person
/// whom an action is about is read from the target system for the exact arguments that will be sent.
/// </summary>
public sealed class ActionPolicy
{
    private static readonly Lazy<JsonSchema> Schema = new(() => EmbeddedResources.Schema("policy.schema.json"));

    private static readonly IReadOnlyList<string> DefaultApprovers = ["role:admin"];

    private static readonly TimeSpan DefaultExpiry = TimeSpan.FromDays(7);

    private readonly IReadOnlyDictionary<string, Rule> _rules;

    private ActionPolicy(IReadOnlyDictionary<string, Rule> rules) => _rules = rules;

    /// <summary>Reads only.</summary>
    public static ActionPolicy ReadOnly { get; } = new(new Dictionary<string, Rule>());

    /// <summary>Reads a policy file's text.</summary>
    /// <exception cref="DefinitionException">It is not a valid policy; every fault is named with its line.</exception>
    public static ActionPolicy Compile(string text, string file)
    {
        var document = YamlLoader.Load(text, file);
        var faults = Schema.Value.Validate(document.ToElement());
        if (faults.Count > 0)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), fault.ToString()))]);
        }

        var errors = new List<DefinitionError>();
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        foreach (var (operation, node) in (JsonObject)document.Root!["operations"]!)
        {
            var at = $"/operations/{LocatedDocument.Escape(operation)}";
            try
            {
                var rule = Rule.Read((JsonObject)node!);
                if (!rule.HasTarget && rule.Allow.Concat(rule.Approval).Any(who => who is "self" or "manager"))
                {
                    errors.Add(new DefinitionError(file, document.LineOf(at), $"{operation}: 'self' and 'manager' need 'target'."));
                }

                if (!rule.HasManager && rule.Allow.Concat(rule.Approval).Contains("manager"))
                {
                    errors.Add(new DefinitionError(file, document.LineOf(at), $"{operation}: 'manager' needs 'manager'."));
                }

                if (rule.Approval.Count == 0 && (rule.Approvers.Count > 0 || ((JsonObject)node!).ContainsKey("expires")))
                {
                    errors.Add(new DefinitionError(file, document.LineOf(at), $"{operation}: 'approvers' and 'expires' need 'approval'."));
                }

                if (!rule.HasManager && rule.Approvers.Contains("manager"))
                {
                    errors.Add(new DefinitionError(file, document.LineOf(at + "/approvers"), $"{operation}: 'manager' needs 'manager'."));
                }

                rules[operation] = rule;
            }
            catch (FormatException e)
            {
                errors.Add(new DefinitionError(file, document.LineOf(at + "/expires"), $"{operation}: {e.Message}"));
            }
            catch (ExpressionException e)
            {
                errors.Add(new DefinitionError(file, document.LineOf(at), $"{operation}: {e.Message}"));
            }
        }

        return errors.Count == 0 ? new ActionPolicy(rules) : throw new DefinitionException(errors);
    }

    /// <summary>Decides on one action.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="arguments">The arguments exactly as they will be sent.</param>
    /// <param name="requester">In whose name.</param>
    /// <param name="read">Reads from the target systems.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<PolicyDecision> DecideAsync(
        ConnectorOperation operation, JsonElement arguments, Requester requester, PolicyRead read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(requester);
        ArgumentNullException.ThrowIfNull(read);
        var decision = _rules.TryGetValue(operation.Id, out var rule)
            ? await ByRuleAsync(rule, operation, arguments, requester, read, cancellationToken)
            : WithoutRule(operation, requester);

        // What a connector's template demands, no policy takes away.
        return operation.RequiresApproval && decision.Verdict == PolicyVerdict.Allowed && operation.Effect != OperationEffect.Read
            ? new PolicyDecision(PolicyVerdict.ApprovalNeeded, "This needs an approval. Nothing was changed.") { Approvers = DefaultApprovers, Expires = DefaultExpiry }
            : decision;
    }

    private static PolicyDecision WithoutRule(ConnectorOperation operation, Requester requester)
    {
        if (operation.Effect == OperationEffect.Read)
        {
            return new PolicyDecision(PolicyVerdict.Allowed, "reads are allowed");
        }

        return operation.GrantedRoles?.FirstOrDefault(requester.Roles.Contains) is { } role
            ? new PolicyDecision(PolicyVerdict.Allowed, $"the tenant opened it to the role {role}")
            : new PolicyDecision(PolicyVerdict.Denied, $"The policy does not allow '{operation.Id}'.");
    }

    private static async Task<PolicyDecision> ByRuleAsync(
        Rule rule, ConnectorOperation operation, JsonElement arguments, Requester requester, PolicyRead read, CancellationToken cancellationToken)
    {
        var people = new People(rule, arguments, read);
        foreach (var (entries, verdict) in new[] { (rule.Allow, PolicyVerdict.Allowed), (rule.Approval, PolicyVerdict.ApprovalNeeded) })
        {
            // What needs no look-up first.
            foreach (var who in entries.OrderBy(who => who is "self" or "manager"))
            {
                try
                {
                    if (await AppliesAsync(who, requester, people, cancellationToken))
                    {
                        return verdict == PolicyVerdict.Allowed
                            ? new PolicyDecision(verdict, who.Replace(':', ' '))
                            : new PolicyDecision(verdict, "This needs an approval. Nothing was changed.")
                            {
                                Approvers = await ApproversAsync(rule, requester, people, cancellationToken),
                                Expires = rule.Expires,
                            };
                    }
                }
                catch (PolicyReadException e)
                {
                    return new PolicyDecision(PolicyVerdict.Undecided, e.Message) { Retryable = e.Retryable };
                }
                catch (ExpressionException)
                {
                    return new PolicyDecision(PolicyVerdict.Denied, "It could not be determined whom this is about, so it was not done.");
                }
            }
        }

        return new PolicyDecision(PolicyVerdict.Denied, rule.DeniedText ?? $"You may not use '{operation.Id}' for this.");
    }

    private static async ValueTask<bool> AppliesAsync(string who, Requester requester, People people, CancellationToken cancellationToken) => who switch
    {
        "anyone" => true,
        "self" => IsRequester(await people.TargetAsync(cancellationToken), requester),
        "manager" => IsRequester(await people.ManagerAsync(cancellationToken), requester),
        _ => requester.Roles.Contains(who["role:".Length..]),
    };

    // Nobody approves what is done in their own name: a manager who asks for it is no approver of it.
    private static async ValueTask<IReadOnlyList<string>> ApproversAsync(Rule rule, Requester requester, People people, CancellationToken cancellationToken)
    {
        var approvers = rule.Approvers.Where(who => who != "manager").ToList();
        if (rule.Approvers.Contains("manager") && await people.ManagerAsync(cancellationToken) is { } manager && !string.IsNullOrWhiteSpace(manager) && !IsRequester(manager, requester))
        {
            approvers.Add("email:" + manager);
        }

        return approvers.Count > 0 ? approvers : DefaultApprovers;
    }

    private static bool IsRequester(string? email, Requester requester) =>
        !string.IsNullOrWhiteSpace(email) && string.Equals(email, requester.Email, StringComparison.OrdinalIgnoreCase);

    private sealed record Lookup(string? Call, ValueTemplate? With, Expression Email)
    {
        public static Lookup? Read(JsonNode? node, bool needsTarget)
        {
            if (node is null)
            {
                return null;
            }

            var scope = new Dictionary<string, ValueShape>(StringComparer.Ordinal) { ["arguments"] = ValueShape.Any };
            if (needsTarget)
            {
                scope["target"] = ValueShape.Text;
            }

            var read = node["read"] as JsonObject;
            var with = read is null ? null : ValueTemplate.Parse(read["with"]);
            foreach (var expression in with?.Expressions ?? [])
            {
                expression.Check(scope);
            }

            if (read is not null)
            {
                scope["result"] = ValueShape.Any;
            }

            var email = Template.Parse(node["email"]!.GetValue<string>()).Only ?? throw new ExpressionException("'email' must be one expression.");
            email.Check(scope);
            return new Lookup(read?["call"]?.GetValue<string>(), with, email);
        }
    }

    private sealed record Rule(
        IReadOnlyList<string> Allow, IReadOnlyList<string> Approval, IReadOnlyList<string> Approvers, TimeSpan Expires, Lookup? Target, Lookup? Manager, string? DeniedText)
    {
        public bool HasTarget => Target is not null;

        public bool HasManager => Manager is not null;

        public static Rule Read(JsonObject node) => new(
            Texts(node["allow"]),
            Texts(node["approval"]),
            Texts(node["approvers"]),
            node["expires"] is { } expires ? DefinitionDuration.Parse(expires.GetValue<string>(), "expires") : DefaultExpiry,
            Lookup.Read(node["target"], false),
            Lookup.Read(node["manager"], true),
            node["denied"]?.GetValue<string>());

        private static List<string> Texts(JsonNode? node) => [.. (node as JsonArray ?? []).Select(item => item!.GetValue<string>())];
    }

    private sealed class PolicyReadException(string message, bool retryable) : Exception(message)
    {
        public bool Retryable { get; } = retryable;
    }

    private sealed class People(Rule rule, JsonElement arguments, PolicyRead read)
    {
        private string? _target;
        private bool _isKnown;

        public async ValueTask<string?> TargetAsync(CancellationToken cancellationToken)
        {
            if (!_isKnown)
            {
                _target = await FindAsync(rule.Target!, Roots(), cancellationToken);
                _isKnown = true;
            }

            return _target;
        }

        public async ValueTask<string?> ManagerAsync(CancellationToken cancellationToken)
        {
            var roots = Roots();
            roots["target"] = JsonValue.Create(await TargetAsync(cancellationToken));
            return await FindAsync(rule.Manager!, roots, cancellationToken);
        }

        private Dictionary<string, JsonNode?> Roots() => new(StringComparer.Ordinal) { ["arguments"] = Values.Node(arguments) };

        private async ValueTask<string?> FindAsync(Lookup lookup, Dictionary<string, JsonNode?> roots, CancellationToken cancellationToken)
        {
            if (lookup.Call is not null)
            {
                switch (await read(lookup.Call, Values.Element(lookup.With!.Evaluate(roots)), cancellationToken))
                {
                    case ActionSucceeded succeeded:
                        roots["result"] = Values.Node(succeeded.Result);
                        break;
                    case ActionFailed { Code: "not_found" }:
                        return null;
                    case ActionFailed failed:
                        throw new PolicyReadException("Whether this is allowed could not be checked: " + failed.Message, failed.IsRetryable);
                    default:
                        throw new PolicyReadException("Whether this is allowed could not be checked.", true);
                }
            }

            var email = lookup.Email.Evaluate(roots);
            return email?.GetValueKind() == JsonValueKind.String ? email.GetValue<string>() : null;
        }
    }
}

/// <summary>Carries out a read for the policy.</summary>
/// <returns>The outcome; operations that are no reads must be refused.</returns>
public delegate Task<ActionOutcome> PolicyRead(string operationId, JsonElement arguments, CancellationToken cancellationToken);

/// <summary>What a policy says.</summary>
/// <param name="Verdict">Whether.</param>
/// <param name="Reason">By which rule it is allowed, or why it is not; safe to show.</param>
public sealed record PolicyDecision(PolicyVerdict Verdict, string Reason)
{
    /// <summary>For <see cref="PolicyVerdict.Undecided"/>: whether it may be decidable later.</summary>
    public bool Retryable { get; init; }

    /// <summary>For <see cref="PolicyVerdict.ApprovalNeeded"/>: who may approve, as <c>role:NAME</c> or <c>email:ADDRESS</c>.</summary>
    public IReadOnlyList<string> Approvers { get; init; } = [];

    /// <summary>For <see cref="PolicyVerdict.ApprovalNeeded"/>: how long the request for an approval is open.</summary>
    public TimeSpan Expires { get; init; }
}

/// <summary>The kinds of <see cref="PolicyDecision"/>.</summary>
public enum PolicyVerdict
{
    /// <summary>It may be done.</summary>
    Allowed,

    /// <summary>It may be done when a person approves.</summary>
    ApprovalNeeded,

    /// <summary>It may not be done.</summary>
    Denied,

    /// <summary>It could not be checked, so it may not be done now.</summary>
    Undecided,
}
