namespace Orleans.Runtime;

/// <summary>The activations of one stateless worker.</summary>
internal sealed class WorkerPool(Silo silo, GrainClass grainClass, GrainId id)
{
    private readonly List<Activation> _workers = [];

    public GrainId Id => id;

    public IReadOnlyList<Activation> Workers
    {
        get
        {
            lock (_workers)
            {
                return [.. _workers];
            }
        }
    }

    /// <summary>Gives a call to an idle worker, else to a new one, else to the one with least to do.</summary>
    public void Deliver(Call call)
    {
        while (true)
        {
            Activation? chosen = null;
            Activation? created = null;
            lock (_workers)
            {
                foreach (var worker in _workers)
                {
                    if (worker.IsUsable && (chosen is null || worker.Load < chosen.Load))
                    {
                        chosen = worker;
                    }
                }

                if ((chosen is null || chosen.Load > 0) && _workers.Count(w => w.IsUsable) < grainClass.MaxWorkers)
                {
                    chosen = created = new Activation(silo, grainClass, id, this);
                    _workers.Add(created);
                }
            }

            created?.Start(call.Context);
            if (chosen!.Receive(call))
            {
                return;
            }
        }
    }

    /// <returns>Whether the pool is empty now.</returns>
    public bool Remove(Activation worker)
    {
        lock (_workers)
        {
            _workers.Remove(worker);
            return _workers.Count == 0;
        }
    }
}
