# Memory settings for CPU training: keep freed blocks and use huge pages (a third faster). Source it.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_THRESHOLD_=4000000000
export MALLOC_TRIM_THRESHOLD_=16000000000 MALLOC_TOP_PAD_=500000000
