using System.Collections.Concurrent;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Models;

namespace Steward.Gateway.Tests;

/// <summary>Budgets in memory; costs are what the test says.</summary>
public sealed class FakeModelBudgets
{
    public ConcurrentDictionary<string, ModelBudgetSpec> Specs { get; } = new();

    public ModelCostReportQuery? Asked { get; private set; }

    public ModelCostRow Row { get; set; } = new() { Keys = ["", ""] };

    public IModelBudgetClient Of(CallerIdentity identity, Action fail) => new FakeClient(this, identity, fail);

    private sealed class FakeClient(FakeModelBudgets all, CallerIdentity identity, Action fail) : IModelBudgetClient
    {
        public Task<IReadOnlyList<ModelBudget>> ListAsync(CancellationToken cancellationToken = default)
        {
            Enter();
            return Task.FromResult<IReadOnlyList<ModelBudget>>([.. all.Specs.Values.OrderBy(spec => spec.Id, StringComparer.Ordinal).Select(Describe)]);
        }

        public Task<ModelBudget> SetAsync(ModelBudgetSpec spec, CancellationToken cancellationToken = default)
        {
            Enter();
            if (spec.Scope != "team")
            {
                throw StewardException.Invalid("scope", "must be team here.");
            }

            all.Specs[spec.Id] = spec;
            return Task.FromResult(Describe(spec));
        }

        public Task DeleteAsync(string budgetId, CancellationToken cancellationToken = default)
        {
            Enter();
            all.Specs.TryRemove(budgetId, out _);
            return Task.CompletedTask;
        }

        public Task<ModelCostReport> GetCostsAsync(ModelCostReportQuery query, CancellationToken cancellationToken = default)
        {
            Enter();
            all.Asked = query;
            return Task.FromResult(new ModelCostReport { FromDay = query.FromDay, ToDay = query.ToDay, By = query.By, Rows = [all.Row], Total = all.Row with { Keys = [] } });
        }

        private void Enter()
        {
            fail();
            if (!identity.Roles.Contains(WellKnownRoles.Admin))
            {
                throw StewardException.Forbidden("Only an admin of the tenant may do this.");
            }
        }

        private static ModelBudget Describe(ModelBudgetSpec spec) => new()
        {
            Spec = spec,
            Subjects = 1,
            Use = [new ModelBudgetUse { Subject = "ops", Window = "2026-11", EndsAt = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), Used = 12.5m, Reserved = 0.5m }],
        };
    }
}
